"""nbgrader's configuration: its own steps where they serve, ours at its seams.

The stock ``nbgrader autograde`` and the formgrader's button grade through ``autograder`` because
of this file. Without it no point can be earned: ``check`` always raises under plain nbgrader.
"""

c = get_config()  # noqa: F821 - defined by traitlets when it loads this file

c.CourseDirectory.course_id = "forget-me-not"

c.ClearSolutions.code_stub = {"python": "raise NotImplementedError()"}
c.ClearSolutions.text_stub = "YOUR ANSWER HERE"

c.GenerateAssignment.preprocessors = [
    "nbgrader.preprocessors.IncludeHeaderFooter",
    "nbgrader.preprocessors.InstantiateTests",
    "nbgrader.preprocessors.LockCells",
    "nbgrader.preprocessors.ClearSolutions",
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.CheckCellMetadata",
    "nbgrader.preprocessors.ComputeChecksums",
    "autograder.gradebook.save.SaveCellsAtOnce",
    "nbgrader.preprocessors.ClearHiddenTests",
    "nbgrader.preprocessors.ClearMarkScheme",
    "nbgrader.preprocessors.ComputeChecksums",
    "nbgrader.preprocessors.CheckCellMetadata",
]

c.Autograde.exporter_class = "autograder.gradebook.reading.SubmissionExporter"
c.Autograde.sanitize_preprocessors = [
    "autograder.gradebook.sanitise.Sanitise",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.Autograde.autograde_preprocessors = [
    "autograder.gradebook.score.GradeInSandbox",
    "autograder.gradebook.save.SaveVerdicts",
    "nbgrader.preprocessors.AssignLatePenalties",
    "autograder.gradebook.neutralise.Neutralise",
    "nbgrader.preprocessors.CheckCellMetadata",
]

c.ZipCollectApp.extractor_plugin = "autograder.gradebook.collect.SafeExtractor"
c.ZipCollectApp.collector_plugin = "autograder.gradebook.collect.SafeCollector"

c.GenerateFeedback.preprocessors = [
    "autograder.gradebook.page.Grades",
    "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
]
c.GenerateFeedback.exporter_class = "autograder.gradebook.page.FeedbackPage"
c.ExchangeFactory.release_feedback = "autograder.gradebook.handback.HandBack"

# Only where the formgrader shows a submission: see there.
c.HTMLExporter.preprocessors = ["autograder.gradebook.rubric.ShowMarkSchemes"]
# How Canvas and Moodle name the files of a class: the number is the student's.
c.FileNameCollectorPlugin.named_regexp = (
    r".*/[^/]*?_(?:LATE_)?(?P<student_id>\d+)_(?:\d+_|assignsubmission_file_?/?)"
    r"(?P<file_id>\d\d-[a-z0-9]+)"
)
