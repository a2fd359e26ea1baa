"""What to do about a resource that failed, by the words that AWS has for it. Start at `remedy`."""

import re

_AGAIN = "then deploy again."
_REMEDIES = {
    r"UnreservedConcurrentExecution": "This account's Lambda concurrency is too small to reserve some of it, as in new "
    f"accounts. Ask for 1000 in Service Quotas (Lambda, concurrent executions), {_AGAIN}",
    r"not authorized to perform: ([\w-]+:\w+)": f"These credentials lack {{0}}. Let it be given to them, {_AGAIN}",
    r"AccessDenied|not authorized|Unauthorized": "These credentials lack a permission for it. Let it be given to them, "
    f"{_AGAIN}",
    r"already exists": "Something of this name is there, and this stack did not make it. Delete it, or choose another "
    f"--stage, {_AGAIN}",
    r"[Cc]ertificate": f"The certificate must be issued, for this domain, in the stage's region. Mend that, {_AGAIN}",
    r"[Hh]osted ?zone|RRSet": f"The hosted zone must be this domain's, without such a record yet. Mend that, {_AGAIN}",
    r"[Ll]imit ?[Ee]xceeded|[Qq]uota": "A quota of this account is used up. Ask for more in Service Quotas, or delete "
    f"what nobody needs, {_AGAIN}",
    r"Rate exceeded|Throttl|ServiceUnavailable|Internal ?Failure": "AWS was busy: deploy again.",
    r"[Dd]eletion ?[Pp]rotection": "A table is protected against deletion: `overdue destroy --delete-data` ends that.",
}


def remedy(reason: str) -> str:
    """What to do about a failure that AWS words like this."""
    for pattern, words in _REMEDIES.items():
        if found := re.search(pattern, reason):
            return words.format(*found.groups())
    return f"Mend that, {_AGAIN}"
