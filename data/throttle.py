"""How often one visitor may do one thing: counted in the transaction that does it, forgotten after a day."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from collections.abc import Mapping

from sqlite_utils import Database

DAY = 24 * 60 * 60  # seconds

# For each thing: how often within how many seconds.
LIMITS: Mapping[str, tuple[tuple[int, int], ...]] = {
    "comment": ((5, 10 * 60), (20, DAY)),
    "message": ((5, 10 * 60), (20, DAY)),
    "sign-in": ((5, 60 * 60),),
    "sign-in anywhere": ((20, DAY),),
}


def client(secret: str, address: str, now: int) -> str:
    """Return a name for a visitor that holds for a day and tells no address to whoever lacks the secret.

    Of an IPv6 address, the network of 64 bits that one household has counts, since a visitor may
    choose the rest at will (RFC 6177).
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        network = address
    else:
        if isinstance(parsed, ipaddress.IPv6Address):  # IPv4 written as IPv6 is one network, and not one household
            parsed = parsed.ipv4_mapped or ipaddress.ip_network((parsed, 64), strict=False).network_address
        network = str(parsed)
    return hmac.digest(f"{secret}{now // DAY}".encode(), network.encode(), hashlib.sha256).hex()[:24]


def attempt(db: Database, bucket: str, who: str, now: int) -> int:
    """Count one attempt; return 0 where it is within the limits, else after how many seconds to try again.

    An attempt over the limit is not counted, so that trying again does not put the end off.
    """
    db.execute("DELETE FROM attempts WHERE at <= ?", [now - DAY])
    for most, seconds in LIMITS[bucket]:
        times = db.execute(
            "SELECT at FROM attempts WHERE bucket = ? AND client = ? AND at > ? ORDER BY at DESC LIMIT ?",
            [bucket, who, now - seconds, most],
        ).fetchall()
        if len(times) == most:
            return int(times[-1][0]) + seconds - now
    db.execute("INSERT INTO attempts (bucket, client, at) VALUES (?, ?, ?)", [bucket, who, now])
    return 0
