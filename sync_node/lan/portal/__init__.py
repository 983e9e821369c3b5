"""The captive portal: what phones are answered that ask for the internet where there is none."""
