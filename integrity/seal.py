"""Sealing: manifest fixed, bytes into the vault, tokens over both, one leaf in the log (PROOF §1, steps 1 to 4).

The order is the legal argument: bytes are durable before their statement is stamped, the stamp is stored before the
leaf is asked for, and nothing is told before a durable head covers the leaf. Each step leaves its own fsynced file in
the upload's folder (`integrity.seal_steps`), so a run cut short anywhere is simply run again and ends in one manifest,
one leaf and one object. Never draws a salt twice for one upload, and never waits for an authority: a token that cannot
be had is pending, the recording is sealed all the same.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from integrity import durable, seal_steps
from integrity.clock import Clock, Random
from integrity.commitment import SALT_SIZE, commit
from integrity.digest import Digest
from integrity.errors import InvalidManifest, TokenError
from integrity.log import LeafAppender
from integrity.manifest import Manifest
from integrity.proof_files import Over
from integrity.seal_steps import KeptToken
from integrity.sm3 import Sm3, both_digests
from integrity.statement import Statement
from integrity.timestamp import TimestampAuthority
from integrity.vault import Vault, VaultRef


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """A whole upload in the spool: its id, where it lies, and what streaming found; `size` counts bytes."""

    upload: str
    path: Path
    digest: Digest
    size: int


@dataclass(frozen=True, slots=True)
class FixedManifest:
    """A manifest that will not be made again, and its bytes."""

    manifest: Manifest
    content: bytes

    @property
    def digest(self) -> Digest:
        return Digest.of(self.content)


@dataclass(frozen=True, slots=True)
class SealToken:
    """One token of a seal; `token` is None while it is pending."""

    over: Over
    authority: str
    token: KeptToken | None

    @property
    def pending(self) -> bool:
        return self.token is None


@dataclass(frozen=True, slots=True)
class Seal:
    """A sealed original. The index is covered by a durable head of the log; both references were read back."""

    manifest: Manifest
    manifest_bytes: bytes
    original: VaultRef
    manifest_ref: VaultRef
    tokens: tuple[SealToken, ...]
    leaf_index: int

    @property
    def digest(self) -> Digest:
        return self.manifest.digest

    @property
    def manifest_digest(self) -> Digest:
        return self.manifest_ref.digest

    @property
    def commitment(self) -> bytes:
        """The log entry: 32 bytes."""
        return commit(self.manifest.salt, self.manifest_bytes)


class Sealer:
    """Seals received files. One caller at a time for one upload; uploads beside each other are fine."""

    def __init__(
        self,
        vault: Vault,
        authorities: Sequence[TimestampAuthority],
        appender: LeafAppender,
        clock: Clock,
        random: Random,
        tokens_wanted: int = 1,
        *,
        sm3: bool = False,
    ) -> None:
        """`sm3`: manifests carry an SM3 too, for which the bytes are read once more before the manifest is fixed."""
        if not 1 <= tokens_wanted <= len(authorities):
            raise ValueError("a sealer needs an authority for each token it wants, even if it does not answer")
        self._vault = vault
        self._authorities = tuple(authorities)
        self._tokens_wanted = tokens_wanted
        self._appender = appender
        self._clock = clock
        self._random = random
        self._sm3 = sm3

    def fix(self, folder: Path, received: ReceivedFile, statement: Statement) -> FixedManifest:
        """Step 1: write statement and manifest beside the spool file, or find them fixed already.

        InvalidManifest when something else was fixed in this folder.
        """
        durable.sweep(folder)
        content = statement.encode()
        try:
            durable.write_new(folder / seal_steps.STATEMENT, content)
        except FileExistsError as error:
            raise InvalidManifest(f"upload {received.upload} was declared otherwise before") from error
        if not (folder / seal_steps.MANIFEST).exists():
            durable.write_new(folder / seal_steps.MANIFEST, self._draw(received, statement).encode())
        fixed = self._fixed(folder, received)
        if fixed.manifest.statement != Digest.of(content):
            raise InvalidManifest(f"the manifest of upload {received.upload} is of another statement")
        return fixed

    def seal(self, folder: Path, received: ReceivedFile) -> Seal:
        """Steps 2 to 4 of an upload that `fix` has fixed; run again after anything, it gives the same seal.

        VaultError and LogError say which step stopped; what was finished stays finished. A token that was pending may
        be there the next time.
        """
        durable.sweep(folder)
        fixed = self._fixed(folder, received)
        original, manifest_ref = self._store(folder, received, fixed)
        tokens = (
            *self._stamped(folder, "original", original.digest),
            *self._stamped(folder, "manifest", manifest_ref.digest),
        )
        index = self._append(folder, fixed)
        return Seal(fixed.manifest, fixed.content, original, manifest_ref, tokens, index)

    def stamp(self, over: Over, digest: Digest, without: Collection[str] = ()) -> SealToken:
        """Ask the authorities in order, but those in `without`, whose token is there; the first answer that verifies.

        Pending, under the name of the first that was to be asked, when none gives one.
        """
        asked = [authority for authority in self._authorities if authority.name not in without]
        for authority in asked:
            try:
                return SealToken(over, authority.name, KeptToken.of(authority.stamp(digest)))
            except TokenError:
                continue
        return SealToken(over, (asked or self._authorities)[0].name, None)

    def _draw(self, received: ReceivedFile, statement: Statement) -> Manifest:
        return Manifest.of(
            statement,
            digest=received.digest,
            size=received.size,
            upload=received.upload,
            received_at=self._clock.now(),
            clock=self._clock.state(),
            salt=self._random(SALT_SIZE),
            sm3=_second_digest(received) if self._sm3 else None,
        )

    def _fixed(self, folder: Path, received: ReceivedFile) -> FixedManifest:
        """What lies in the folder, which must be about this upload and these bytes."""
        try:
            content = (folder / seal_steps.MANIFEST).read_bytes()
        except FileNotFoundError as error:
            raise InvalidManifest(f"upload {received.upload} has no manifest yet") from error
        manifest = Manifest.parse(content)
        if (manifest.source.upload, manifest.digest, manifest.size) != (
            received.upload,
            received.digest,
            received.size,
        ):
            raise InvalidManifest(f"the manifest is not one of upload {received.upload}")
        return FixedManifest(manifest, content)

    def _store(self, folder: Path, received: ReceivedFile, fixed: FixedManifest) -> tuple[VaultRef, VaultRef]:
        """Step 2. The manifest goes in as a copy, for this folder's own is what a retry starts from."""
        stored = seal_steps.read_references(folder)
        if stored is not None:
            return stored
        original = self._vault.put_once(received.path, received.digest)
        if original.size != received.size:
            raise InvalidManifest(f"upload {received.upload} has {original.size} bytes, not {received.size}")
        copy = folder / "manifest.copy"
        if self._vault.find(fixed.digest) is None:
            durable.write_new(copy, fixed.content)
        manifest = self._vault.put_once(copy, fixed.digest)
        seal_steps.write_references(folder, original, manifest)
        return original, manifest

    def _stamped(self, folder: Path, over: Over, digest: Digest) -> list[SealToken]:
        """Step 3: as many tokens of different authorities as are wanted; those that none gives are pending."""
        numbers = range(1, self._tokens_wanted + 1)
        stored = {number: seal_steps.read_token(folder, over, number) for number in numbers}
        held = {token.authority for token in stored.values() if token is not None}
        tokens: list[SealToken] = []
        for number, token in stored.items():
            asked = SealToken(over, token.authority, token) if token else self.stamp(over, digest, held)
            if asked.token is not None and token is None:
                # Stored before anything is done with it.
                seal_steps.write_token(folder, over, number, asked.token)
            held |= {asked.authority}
            tokens.append(asked)
        return tokens

    def _append(self, folder: Path, fixed: FixedManifest) -> int:
        """Step 4. A kill between append and file asks again; the appender knows the commitment and tells the same."""
        index = seal_steps.read_leaf(folder)
        if index is None:
            index = self._appender.append(commit(fixed.manifest.salt, fixed.content))
            seal_steps.write_leaf(folder, index)
        return index


def _second_digest(received: ReceivedFile) -> Sm3:
    """The SM3 of what was received; InvalidManifest when the spool no longer holds that."""
    digest, sm3 = both_digests(received.path)
    if digest != received.digest:
        raise InvalidManifest(f"upload {received.upload} is {digest} now, not what was received")
    return sm3
