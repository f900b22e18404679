"""`/api/v1`: everything the pages do, for programs. Routes translate HTTP and nothing else.

Who asks is settled before a byte of a body is read; rights and records are the modules' behind `Services`. No route
here hands out footage: bytes go by the page's own addresses, inside a view or under a grant.
"""

from fastapi import APIRouter

from catalog.routes import access, cases, completeness, copies, evidence, records, retention, sessions
from catalog.routes.bodies import PROBLEMS

router = APIRouter(prefix="/api/v1", responses=PROBLEMS)
for part in (access, cases, evidence, completeness, sessions, copies, records, retention):
    router.include_router(part.router)
