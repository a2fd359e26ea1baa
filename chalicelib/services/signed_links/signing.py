"""Signed tokens: the serializer that sign-in links, session cookies and acknowledge links share.

Pure. The secrets are read by `store.secure_strings`; what a token says is decided by `web.pages.sessions` and
`alerts.acknowledging`. See docs/adr/0020.
"""

from hashlib import sha1, sha256

from itsdangerous import URLSafeSerializer

_SHA_256 = {"digest_method": sha256, "key_derivation": "hmac"}
_SHA_1 = {"digest_method": sha1, "key_derivation": "django-concat"}  # tokens of versions without ADR 20


def serializer(secret: bytes, salt: str) -> URLSafeSerializer:
    """A serializer that signs with HMAC-SHA-256, and still accepts tokens signed with HMAC-SHA-1 before the upgrade.

    Each kind of token has its own salt, so a token cannot be used as another kind.
    """
    return URLSafeSerializer(secret, salt=f"overdue {salt}", signer_kwargs=_SHA_256, fallback_signers=[_SHA_1])
