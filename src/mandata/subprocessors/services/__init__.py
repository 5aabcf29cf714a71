"""The verbs of the sub-processors, by module: ``register`` and ``changes`` are the operator's and need no scope;
``objections``, ``authorisations`` and ``disclosures`` are asked in a controller's; ``telling`` opens it itself.
"""

from mandata.subprocessors.services import authorisations, changes, disclosures, objections, register, telling

__all__ = ["authorisations", "changes", "disclosures", "objections", "register", "telling"]
