"""The verbs of the breach desk: `desk` and `scoping` for the operator, `telling` for the notices, `authority`,
`reports` and `people` for the controller, `drills` for exercises.
"""
