"""JupyterLab as a student uses it: a notebook, its cells, and nbgrader's list of assignments."""

import re

from playwright.sync_api import expect

LONG = 3_600_000  # milliseconds, for a whole notebook
NUMBERED = re.compile(r"\[\d+\]:")
TO_FETCH, FETCHED, SUBMITTED = (
    f"#{part}_assignments_list" for part in ("released", "fetched", "submitted")
)


class Lab:
    """One page with JupyterLab in it."""

    def __init__(self, page, address, token):
        self.page = page
        page.goto(f"{address}/lab?token={token}")

    def menu(self, name, item):
        self.page.locator(".lm-MenuBar-item", has_text=name).click()
        label = re.compile(f"^{re.escape(item)}$")
        self.page.locator(".lm-Menu-itemLabel", has_text=label).click()

    def tab(self, name):
        self.page.locator(".lm-TabBar-tab", has_text=name).click()

    # The list of assignments.

    def fetch(self, assignment):
        """Downloads an assignment that was released."""
        self.menu("Nbgrader", "Assignment List")
        self._row(TO_FETCH, assignment).get_by_role("button", name="Fetch").click()
        expect(self._row(FETCHED, assignment)).to_be_visible()

    def open(self, assignment):
        """Opens the assignment's notebook, and waits for its cells and its kernel."""
        row = self._row(FETCHED, assignment)
        row.locator(".assignment-notebooks-link").click()
        row.locator(".nested_list_item a").click()
        expect(self.page.locator(".jp-NotebookPanel-toolbar")).to_contain_text("Python 3")
        expect(self.cell("check(").last).to_be_attached()

    def submit(self, assignment):
        self.tab("Assignments")
        self._row(FETCHED, assignment).get_by_role("button", name="Submit").click()
        expect(self._row(SUBMITTED, assignment)).to_be_visible()

    def fetch_feedback(self, assignment):
        """What leads to the feedback, once it is there."""
        row = self._row(SUBMITTED, assignment)
        row.get_by_role("button", name="Fetch Feedback").click()
        link = row.locator("a", has_text="view feedback")
        expect(link).to_be_visible()
        return link

    def _row(self, part, assignment):
        return self.page.locator(f"{part} > .list_item", has_text=assignment)

    # The notebook.

    def cell(self, text):
        """The code cells with a line that holds ``text``."""
        line = self.page.locator(".cm-line", has_text=text)
        return self.page.locator(".jp-CodeCell").filter(has=line)

    def run_all(self):
        """Runs the notebook to its end."""
        self.menu("Run", "Run All Cells")
        prompts = self.page.locator(".jp-CodeCell .jp-InputPrompt")
        expect(prompts.last).to_have_text(NUMBERED, timeout=LONG)

    def write(self, text, source):
        """Types ``source`` in the place of the cell that holds ``text``."""
        self.cell(text).locator(".cm-content").click()
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.insert_text(source)

    def run(self, text):
        """Runs a cell; what it shows then."""
        cell = self.cell(text)
        prompt = cell.locator(".jp-InputPrompt")
        before = prompt.text_content()
        prompt.click()
        self.page.keyboard.press("Control+Enter")
        expect(prompt).not_to_have_text(before)
        expect(prompt).to_have_text(NUMBERED)
        return cell.locator(".jp-OutputArea")

    def answer(self, text):
        """Writes the first written answer that is not written yet."""
        cell = self.page.locator(".jp-MarkdownCell", has_text="YOUR ANSWER HERE").first
        cell.locator(".jp-MarkdownOutput").dblclick()
        cell.locator(".cm-content").click()
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.insert_text(text)
        self.page.keyboard.press("Shift+Enter")

    def validate(self):
        """What nbgrader's Validate button says. It saves the notebook first."""
        self.page.locator(".jp-NotebookPanel-toolbar").get_by_text("Validate").click()
        dialog = self.page.get_by_role("dialog")
        expect(dialog).to_contain_text("Validation Results")
        said = dialog.inner_text()
        dialog.get_by_role("button", name="Ok").click()
        return said

    def save(self):
        self.menu("File", "Save Notebook")
        expect(self.page.locator(".lm-TabBar-tab.jp-mod-dirty")).to_have_count(0)
