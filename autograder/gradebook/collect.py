"""``nbgrader zip_collect`` without a way out: archives of students, unpacked and collected safely.

Of an archive only notebooks are taken, each written as a new plain file of limited size below the
folder that nbgrader asks for. An archive of the whole class, as a learning management system makes
it, is believed as to the names of its files, and may hold students' archives. A student's own
archive is believed nothing: of it comes one notebook, under the archive's own name, so what is
inside cannot pass for another student's. What was left out is said, and does not stop the rest.
"""

from __future__ import annotations

import io
import os
import re
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from nbgrader.plugins import ExtractorPlugin, FileNameCollectorPlugin
from nbgrader.utils import parse_utc
from traitlets import Integer, List, Unicode

from autograder.gradebook.files import STUDENT, open_plain, short
from autograder.limits import MIB, Limits

CHUNK = 1 << 16
MAX_LIST = 2 * MIB  # bytes of an archive's list of contents, which is read in one piece
ARCHIVES = (".gz", ".tar", ".tgz", ".bz2", ".xz", ".7z", ".rar")
NAME = re.compile(r"[^\x00-\x1f\x7f]{1,200}")
COPIES = {"__MACOSX", ".ipynb_checkpoints"}


class Refused(ValueError):
    """Something in an archive is not taken; the text says why."""


class SafeExtractor(ExtractorPlugin):
    """Takes notebooks, and nothing else, out of what was downloaded."""

    class_archives = List(
        Unicode(),
        help="Names of the archives that hold the whole class. By default one is taken for such "
        "if nothing else was downloaded; all others are taken for one student's each.",
    ).tag(config=True)
    max_notebook = Integer(Limits().notebook, help="bytes of a notebook").tag(config=True)
    max_archive = Integer(100 * MIB, help="bytes of a student's archive").tag(config=True)
    max_total = Integer(4096 * MIB, help="bytes taken out of one archive").tag(config=True)
    max_files = Integer(10_000, help="files in one archive").tag(config=True)
    max_ratio = Integer(100, help="times that a notebook may grow, once over 1 MiB").tag(
        config=True
    )

    def extract(self, archive_path: str, extracted_path: str) -> None:
        """Called by nbgrader with absolute paths; never raises for what is in a file."""
        downloaded = sorted(_files(Path(archive_path)))
        if not downloaded:
            self.log.warning("No files found in directory: %s", archive_path)
        for path in downloaded:
            target = Path(extracted_path, path.relative_to(archive_path))
            whole_class = path.name in self.class_archives or len(downloaded) == 1
            self._take(path, target, whole_class)

    def _take(self, path: Path, target: Path, whole_class: bool) -> None:
        self._room = self.max_total
        try:
            with open_plain(path) as file:
                if path.suffix.lower() == ".zip":
                    self._unpack(file, target.with_suffix(""), whole_class, path.name)
                elif path.suffix.lower() == ".ipynb":
                    self._write(file, target, os.fstat(file.fileno()).st_size)
                else:
                    known = path.suffix.lower() in ARCHIVES
                    raise Refused("only .zip archives are unpacked" if known else "not a notebook")
        except Exception as reason:  # noqa: BLE001 - zipfile raises anything for a broken one
            self._left_out(path.name, reason)

    def _unpack(self, file: IO[bytes], folder: Path, whole_class: bool, name: str) -> None:
        """Raises ``Refused``, or what ``zipfile`` raises, for an archive that cannot be listed."""
        with zipfile.ZipFile(_Careful(file)) as archive:
            members = [info for info in archive.infolist() if not info.filename.endswith("/")]
            if len(members) > self.max_files:
                raise Refused(f"more than {self.max_files} files in it")
            if whole_class:
                self._unpack_class(archive, members, folder, name)
            else:
                self._unpack_students(archive, members, folder, name)

    def _unpack_class(
        self, archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], folder: Path, name: str
    ) -> None:
        for info in members:
            try:
                path = _inside(info)
                if _is_notebook(path):
                    self._copy(archive, info, folder / path)
                elif path.suffix.lower() == ".zip":
                    with _opened(archive, info, self.max_archive, self.max_ratio) as member:
                        inner = io.BytesIO(b"".join(_chunks(member)))
                    place = folder / path.with_suffix("")
                    self._unpack(inner, place, False, f"{name}/{info.filename}")
                else:
                    raise Refused("not a notebook")
            except Exception as reason:  # noqa: BLE001 - zipfile raises anything for a broken one
                self._left_out(f"{name}/{info.filename}", reason)

    def _unpack_students(
        self, archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], folder: Path, name: str
    ) -> None:
        """Takes one notebook: that of the assignment's name, else the only one that there is."""
        notebooks = []
        for info in members:
            try:
                path = _inside(info)
            except Refused as reason:
                self._left_out(f"{name}/{info.filename}", reason)
                continue
            if _is_notebook(path):
                notebooks.append((path, info))
        wanted = f"{self.parent.coursedir.assignment_id}.ipynb"
        named = [(path, info) for path, info in notebooks if path.name == wanted]
        outermost = min((len(path.parts) for path, _ in named), default=0)
        named = [(path, info) for path, info in named if len(path.parts) == outermost]
        if len(named or notebooks) != 1:
            raise Refused(
                f"as one student's archive, with {len(named)} files {wanted} in it, "
                f"{len(notebooks)} notebooks in all; one of the whole class must lie there alone, "
                "or be named in c.SafeExtractor.class_archives"
            )
        self._copy(archive, (named or notebooks)[0][1], folder / wanted)

    def _copy(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path) -> None:
        with _opened(archive, info, self.max_notebook, self.max_ratio) as member:
            self._write(member, target, info.file_size)

    def _write(self, source: IO[bytes], target: Path, size: int) -> None:
        """Writes a new file; nothing is left of it where that fails."""
        if size > self.max_notebook:
            raise Refused(_too_big(size, self.max_notebook))
        if size > self._room:
            raise Refused(f"more than {self.max_total >> 20} MiB from one archive")
        self._room -= size
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as file:
            try:
                file.writelines(_chunks(source))
            except BaseException:
                target.unlink()
                raise

    def _left_out(self, name: str, reason: Exception) -> None:
        parts = name.split("/")
        parts = parts if len(parts) < 7 else [*parts[:4], "...", *parts[-2:]]
        shown = "/".join(short(part) for part in parts)
        self.log.warning("Left out %s: %s", shown, _line(reason))


class SafeCollector(FileNameCollectorPlugin):
    """Finds out whose file it is, from its name; lets no name lead out of the submissions."""

    def __init__(self, **options: object) -> None:
        super().__init__(**options)
        self._seen: dict[tuple[str, str], bool] = {}

    def collect(self, submitted_file: str) -> dict[str, str] | None:
        """As nbgrader's own, but nothing for what would lead elsewhere or stop the collecting."""
        found = super().collect(submitted_file)
        if not found:
            return None
        objection = self._objection(found)
        if objection:
            base = short(os.path.basename(submitted_file))
            self.log.warning("Left out %s: %s", base, objection)
            return None
        self._seen[_key(found)] = bool(found.get("timestamp"))
        return dict(found)

    def _match(self, filename: str) -> dict[str, str] | None:
        """Called by nbgrader's ``collect``; says what names are expected, not in what pattern."""
        match = re.match(self.named_regexp, filename)
        if match is None:
            self.log.warning(
                "Left out %s: its name does not say whose it is as "
                "c.FileNameCollectorPlugin.named_regexp expects, by default like "
                "archerann_101_5001_01-forgetting.ipynb (Canvas) or "
                "Ann Archer_9_assignsubmission_file/01-forgetting.ipynb (Moodle)",
                "/".join(map(short, filename.split("/")[-2:])),
            )
            return None
        return match.groupdict()

    def _objection(self, found: dict[str, str | None]) -> str:
        name, timed = found.get("file_id") or "", bool(found.get("timestamp"))
        if not STUDENT.fullmatch(found.get("student_id") or ""):
            return "it names no student"
        if not NAME.fullmatch(name) or "/" in name or name.startswith("."):
            return "it names no file"
        if not _is_time(found.get("timestamp")):
            return "its time is none"
        if _key(found) in self._seen and not (timed and self._seen[_key(found)]):
            return "there is one of this student already, and no times to tell which is newer"
        return ""


class _Careful(io.BufferedIOBase):
    """A file of which ``zipfile`` cannot read very much at once: a list of contents has a limit."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def read(self, size: int | None = -1) -> bytes:
        everything = size is None or size < 0  # zipfile says so where it is near the end
        content = self._file.read(MAX_LIST + 1 if everything else min(size or 0, MAX_LIST + 1))
        if len(content) > MAX_LIST:
            raise Refused("its list of contents is too long")
        return content

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True


def _files(folder: Path) -> Iterator[Path]:
    """Everything below ``folder`` that is no folder; links to folders are not followed."""
    for root, folders, files in os.walk(folder):
        yield from (Path(root, name) for name in files)
        yield from (Path(root, name) for name in folders if Path(root, name).is_symlink())


def _inside(info: zipfile.ZipInfo) -> PurePosixPath:
    """The way to a member from the archive's root. Raises ``Refused`` for anything but a file."""
    name = info.filename.replace("\\", "/")
    parts = name.split("/")
    if name.startswith("/") or ":" in parts[0] or {"..", ".", ""} & set(parts):
        raise Refused("its name leads elsewhere")
    if len(parts) > 10 or not all(NAME.fullmatch(part) for part in parts):
        raise Refused("its name is none")
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        raise Refused("a link" if kind == stat.S_IFLNK else "not a regular file")
    if info.flag_bits & 1:
        raise Refused("encrypted")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise Refused("compressed in a way that is not read here")
    return PurePosixPath(name)


def _is_notebook(path: PurePosixPath) -> bool:
    """Whether it may be what a student wrote, and no copy that a system made of it."""
    hidden = path.name.startswith(".") or COPIES.intersection(path.parts)
    return path.suffix.lower() == ".ipynb" and not hidden


def _opened(archive: zipfile.ZipFile, info: zipfile.ZipInfo, limit: int, ratio: int) -> IO[bytes]:
    """Opens a member; ``zipfile`` never gives more of it than the size that is checked here."""
    if info.file_size > limit:
        raise Refused(_too_big(info.file_size, limit))
    if info.file_size > max(MIB, ratio * info.compress_size):
        raise Refused(f"grows to more than {ratio} times its size")
    return archive.open(info)


def _chunks(source: IO[bytes]) -> Iterator[bytes]:
    """The content, in pieces: a piece never costs more memory than it should."""
    while chunk := source.read(CHUNK):
        yield chunk


def _too_big(size: int, limit: int) -> str:
    return f"{size >> 20} MiB, more than {limit >> 20} MiB"


def _key(found: dict[str, str | None]) -> tuple[str, str]:
    """What nbgrader takes for the same file of the same student."""
    return found["student_id"] or "", os.path.splitext(found["file_id"] or "")[0]


def _is_time(text: str | None) -> bool:
    """Whether nbgrader will understand a time; no time at all is fine."""
    try:
        return not text or parse_utc(text) is not None
    except Exception:  # noqa: BLE001 - dateutil raises many kinds of error for a bad date
        return False


def _line(reason: Exception) -> str:
    """The text of an error on one line, without control characters."""
    return "".join(c if c.isprintable() else "?" for c in str(reason))[:200]
