"""The operator carries an approved copy out: on a real installation, by the command, and the audit explains it."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from catalog.approvals import Application, Approvals
from catalog.cases import Cases
from catalog.grants import Grants
from catalog.linking import Linking
from catalog.permissions import Role
from integrity.trust import read_trust
from integrity.verify import verify_bundle
from scripts.admin import command as admin
from scripts.audit import run
from scripts.exporting import export_of
from tests.fakes.immutable import clear_immutable
from tests.scripts.installation import Making

pytestmark = pytest.mark.xdist_group("audit")


def granted(making: Making) -> str:
    """A grant whose bundle is ready."""
    officer, approver = making.person("officer", Role.OFFICER), making.person("approver", Role.APPROVER)
    recording = making.upload(b"footage " * 100, making.footage("现场.mp4")).recording
    if recording is None:
        raise RuntimeError("footage became no recording")
    case = making.make(Cases).open(officer, "〔2026〕1号", "占道经营", making.agency)
    making.make(Linking).link(officer, case, [recording], "investigation")
    approvals: Approvals = making.make(Approvals)
    asked = Application((recording,), "release", "人民法院", "court", "行政诉讼法", "应诉")
    grant = approvals.decide(approver, approvals.request(officer, case, asked), "approved", "同意")
    if grant is None:
        raise RuntimeError("approved, and no grant")
    while making.house.sequencer.drain():
        pass
    grants: Grants = making.make(Grants)
    export_of(making.house, grants, lambda digest: making.authority.stamp(digest).raw).make(grant)
    return grant


def test_the_command_writes_a_folder_once(tmp_path: Path) -> None:
    data, disc = tmp_path / "data", tmp_path / "disc"
    data.mkdir()
    making = Making(data)
    try:
        grant = granted(making)
        making.house.close()
        done = CliRunner().invoke(admin, ["bundle", grant, "--data", str(data), "--out", str(disc)])
        folder = disc / f"tiezheng-{grant}"
        assert (done.exit_code, done.stdout) == (0, f"{folder}\n")
        trust = read_trust(data / "trust.json")
        assert verify_bundle(folder, trust, release=disc / f"{folder.name}.release.json").ok
        again = CliRunner().invoke(admin, ["bundle", grant, "--data", str(data), "--out", str(tmp_path / "second")])
        assert getattr(again.exception, "code", "") == "export-not-approved"
        assert not (tmp_path / "second").exists()
        assert run(data).findings == ()
    finally:
        clear_immutable(data)
