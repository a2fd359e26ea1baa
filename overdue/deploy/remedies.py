"""Map AWS's reasons for a failed resource to what to do about it. Start at `remedy`."""

import re

_AGAIN = "then deploy again."
_REMEDIES = {
    r"UnreservedConcurrentExecution": "This account's Lambda concurrency is too low to reserve a part of it, as in new "
    f"accounts. Request 1000 in Service Quotas (Lambda, concurrent executions), {_AGAIN}",
    r"not authorized to perform: ([\w-]+:\w+)": f"These credentials lack {{0}}. Grant them this permission, {_AGAIN}",
    r"AccessDenied|not authorized|Unauthorized": f"These credentials lack a permission for it. Grant it, {_AGAIN}",
    r"already exists": "A resource of this name exists outside this stack. Delete it, or use another "
    f"--stage, {_AGAIN}",
    r"[Cc]ertificate": f"The certificate must be issued for this domain, in the stage's region. Correct that, {_AGAIN}",
    r"[Hh]osted ?zone|RRSet": "The hosted zone must be that of the domain, and have no such record yet. Correct that, "
    f"{_AGAIN}",
    r"[Ll]imit ?[Ee]xceeded|[Qq]uota": "A quota of this account is used up. Request an increase in Service Quotas, or "
    f"delete unused resources, {_AGAIN}",
    r"Rate exceeded|Throttl|ServiceUnavailable|Internal ?Failure": "AWS was busy. Deploy again.",
    r"[Dd]eletion ?[Pp]rotection": "A table has deletion protection. `overdue destroy --delete-data` removes it.",
}


def remedy(reason: str) -> str:
    """What to do about a failure with this reason."""
    for pattern, words in _REMEDIES.items():
        if match := re.search(pattern, reason):
            return words.format(*match.groups())
    return f"Fix that, {_AGAIN}"
