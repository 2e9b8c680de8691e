"""nbgrader's formgrader as an instructor uses it: hands out, collects, grades, gives back."""

from playwright.sync_api import expect


class Formgrader:
    """One page with the formgrader in it, by itself as the menu item "Formgrader" opens it."""

    def __init__(self, page, address, token):
        self.page, self._address = page, f"{address}/formgrader"
        page.set_extra_http_headers({"Authorization": f"token {token}"})

    def assignment(self, assignment, step):
        """Presses the button of a step (generate, release, collect) in the list of assignments."""
        self.page.goto(f"{self._address}/manage_assignments")
        self._press(assignment, {"generate": "assign"}.get(step, step))

    def submission(self, assignment, student, step):
        """Presses the button of a step in the list of submissions."""
        self.page.goto(f"{self._address}/manage_submissions/{assignment}")
        self._press(student, step)

    def _press(self, name, column):
        self.page.locator("tbody tr", has_text=name).locator(f".{column} a").click()
        dialog = self.page.locator(".modal-dialog")
        expect(dialog.locator(".modal-title")).to_have_text("Success")
        dialog.locator(".modal-footer button").click()
        expect(dialog).to_have_count(0)

    def open(self, assignment):
        """Opens the first submission for grading by hand."""
        self.page.goto(f"{self._address}/gradebook/{assignment}/{assignment}")
        self.page.get_by_role("link", name="Submission #1").click()
        expect(self.page.locator(".score").first).to_be_visible()
        self.page.wait_for_load_state("networkidle")  # its scores and comments are loaded by then

    def grade(self, cell, points, comment):
        """Gives points and a comment, and waits until both are saved."""
        for kind, field, value in (
            ("grade", self.page.locator(f"#{cell}"), str(points)),
            ("comment", self.page.locator(f"#{cell}-comment"), comment),
        ):
            with self.page.expect_response(
                lambda r, kind=kind: f"/api/{kind}/" in r.url and r.request.method == "PUT"
            ) as saved:
                field.fill(value)
                field.press("Tab")
            assert saved.value.ok
