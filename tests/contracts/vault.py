"""What every `Vault` must do. An implementation's test module subclasses `VaultContract` and gives its fixtures.

Needed: `vault`, an empty one; `spool`, a folder from which it takes files; `damage`, which changes a stored object's
bytes as somebody with the store's own powers could, or skips with the reason why nobody can.
"""

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest

from integrity.digest import Digest
from integrity.errors import VaultConflict, VaultError, VaultMissing
from integrity.vault import Checked, Vault, VaultRef

Damage = Callable[[Digest, bytes], None]
BODY = b"evidence " * 5000


def spooled(spool: Path, body: bytes = BODY, name: str = "upload") -> Path:
    """A finished file of the spool."""
    path = spool / name
    path.write_bytes(body)
    return path


def stored(vault: Vault, ref: VaultRef) -> bytes:
    with vault.open(ref) as file:
        return file.read()


class VaultContract:
    """Subclass as `TestSomeVault(VaultContract)`."""

    def test_what_is_put_can_be_read(self, vault: Vault, spool: Path) -> None:
        ref = vault.put_once(spooled(spool), Digest.of(BODY))
        assert ref == VaultRef(vault.name, Digest.of(BODY), len(BODY), ref.version)
        assert stored(vault, ref) == BODY

    def test_what_is_put_can_be_read_piece_by_piece(self, vault: Vault, spool: Path) -> None:
        ref = vault.put_once(spooled(spool), Digest.of(BODY))
        assert b"".join(vault.read(ref)) == BODY
        with pytest.raises(VaultMissing):
            list(vault.read(VaultRef(vault.name, Digest.of(b"none"), 4, ref.version)))

    def test_how_a_copy_is_proved_is_told(self, vault: Vault) -> None:
        assert vault.checked in get_args(Checked)

    def test_what_is_opened_has_a_descriptor_at_its_start(self, vault: Vault, spool: Path) -> None:
        ref = vault.put_once(spooled(spool), Digest.of(BODY))
        with vault.open(ref) as file:
            assert os.pread(file.fileno(), 8, 0) == BODY[:8]
            assert file.tell() == 0

    @pytest.mark.parametrize("body", [b"", b"\n", bytes(65536), bytes(range(256)) * 9000], ids=len)
    def test_any_size(self, vault: Vault, spool: Path, body: bytes) -> None:
        ref = vault.put_once(spooled(spool, body), Digest.of(body))
        assert ref.size == len(body)
        assert stored(vault, ref) == body

    def test_find(self, vault: Vault, spool: Path) -> None:
        assert vault.find(Digest.of(BODY)) is None
        ref = vault.put_once(spooled(spool), Digest.of(BODY))
        assert vault.find(Digest.of(BODY)) == ref

    def test_an_object_that_never_was_cannot_be_opened(self, vault: Vault) -> None:
        with pytest.raises(VaultMissing):
            vault.open(VaultRef(vault.name, Digest.of(BODY), len(BODY)))

    def test_a_reference_of_another_vault_is_refused(self, vault: Vault, spool: Path) -> None:
        ref = vault.put_once(spooled(spool), Digest.of(BODY))
        with pytest.raises(VaultError):
            vault.open(VaultRef("elsewhere", ref.digest, ref.size, ref.version))

    def test_equal_bytes_are_accepted_again(self, vault: Vault, spool: Path) -> None:
        first = vault.put_once(spooled(spool, name="one"), Digest.of(BODY))
        second = vault.put_once(spooled(spool, name="two"), Digest.of(BODY))
        assert second.digest == first.digest
        assert list(vault.digests()) == [Digest.of(BODY)]

    def test_a_retry_whose_source_was_taken_already_succeeds(self, vault: Vault, spool: Path) -> None:
        source = spooled(spool)
        first = vault.put_once(source, Digest.of(BODY))
        source.unlink(missing_ok=True)
        assert vault.put_once(source, Digest.of(BODY)) == first

    def test_a_source_that_never_was_is_missing(self, vault: Vault, spool: Path) -> None:
        with pytest.raises(VaultMissing):
            vault.put_once(spool / "nothing", Digest.of(BODY))

    def test_bytes_of_another_digest_are_refused_and_kept(self, vault: Vault, spool: Path) -> None:
        source = spooled(spool, b"something else")
        with pytest.raises(VaultError):
            vault.put_once(source, Digest.of(BODY))
        assert source.read_bytes() == b"something else"
        assert vault.find(Digest.of(BODY)) is None
        assert list(vault.digests()) == []

    def test_a_symbolic_link_is_no_source(self, vault: Vault, spool: Path) -> None:
        spooled(spool, name="secret")
        (spool / "upload").symlink_to("secret")
        with pytest.raises(VaultError):
            vault.put_once(spool / "upload", Digest.of(BODY))

    @pytest.mark.parametrize(
        "bad", [b"", BODY[:-1], BODY + b"x", b"X" + BODY[1:]], ids=["empty", "cut", "long", "flip"]
    )
    def test_a_damaged_object_is_a_conflict_and_is_never_repaired(
        self, vault: Vault, spool: Path, damage: Damage, bad: bytes
    ) -> None:
        vault.put_once(spooled(spool), Digest.of(BODY))
        damage(Digest.of(BODY), bad)
        source = spooled(spool)
        with pytest.raises(VaultConflict, match=Digest.of(BODY).hex):
            vault.put_once(source, Digest.of(BODY))
        assert source.read_bytes() == BODY, "the only good copy stays"
        ref = vault.find(Digest.of(BODY))
        assert ref is not None
        assert stored(vault, ref) == bad

    def test_digests_lists_every_object(self, vault: Vault, spool: Path) -> None:
        bodies = [str(number).encode() for number in range(20)]
        for body in bodies:
            vault.put_once(spooled(spool, body), Digest.of(body))
        assert sorted(vault.digests()) == sorted(map(Digest.of, bodies))

    def test_many_threads_put_the_same_bytes(self, vault: Vault, spool: Path) -> None:
        sources = [spooled(spool, name=str(number)) for number in range(8)]
        refs: list[VaultRef] = []
        threads = [
            threading.Thread(target=lambda source=source: refs.append(vault.put_once(source, Digest.of(BODY))))
            for source in sources
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(refs) == 8
        assert list(vault.digests()) == [Digest.of(BODY)]
        assert all(stored(vault, ref) == BODY for ref in refs)

    def test_protection_is_told_in_words(self, vault: Vault) -> None:
        assert vault.protection().detail
        assert list(vault.digests()) == [], "the probe is no object"
