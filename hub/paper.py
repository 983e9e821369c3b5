"""What sheets that the hub prints have in common: A4, black on white, one file that needs no other.

Any browser prints it. `{body}` is HTML whose values are escaped already.
"""

import html

_PAGE = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
@page {{ size: A4; margin: 12mm 10mm }}
* {{ box-sizing: border-box }}
body {{ margin: 0 auto; max-width: 190mm; color: #000; background: #fff;
  font: 10pt/1.4 system-ui, "Noto Sans", "Noto Sans CJK SC", "Microsoft YaHei", sans-serif }}
ul {{ margin: 0; padding: 0; list-style: none }}
{style}
@media screen {{ body {{ padding: 6mm }} }}
</style>
{body}
</html>
"""


def page(title: str, *, style: str, body: str) -> str:
    """Return a sheet as HTML. `title` is for the browser; `style` adds to what all sheets have."""
    return _PAGE.format(title=html.escape(title), style=style.strip(), body=body.strip())
