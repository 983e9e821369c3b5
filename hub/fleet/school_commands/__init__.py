"""Commands about schools: their list, what is known of them, filters, calendars."""
