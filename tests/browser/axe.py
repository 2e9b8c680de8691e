"""What axe-core, a checker of accessibility, finds wrong with a page."""

from axe_playwright_python.sync_playwright import Axe

# The colours of nbconvert's own code and prompts: a little too light, and not ours.
THEIRS = ".highlight, .jp-InputPrompt"


def serious(page):
    """Serious and critical findings, each with the rule and the element."""
    found = []
    for violation in Axe().run(page).response["violations"]:
        if violation["impact"] in ("serious", "critical"):
            for node in violation["nodes"]:
                if violation["id"] == "color-contrast" and within(page, node["target"], THEIRS):
                    continue
                found.append(f"{violation['id']}: {node['html'][:200]}")
    return found


def within(page, target, selector):
    place = page.locator(target[-1]).first
    return place.evaluate("(element, selector) => element.closest(selector) !== null", selector)
