"""Assistance: the processor's help with the controller's own duties, timed and billed by the clause.

Nouns: matter (what help is asked for), time sheet, bill line, document asked for, proceeding (of an authority), intake
(what a controller tells us: impact assessments, its data protection officer, changes of law). Serves: AST-1 to AST-4,
CCP-2; Art. 28(3)(f), 31, 35, 36 GDPR. Must never bill what the clause makes free.
"""
