"""台账: the activities of a branch in a year, as a workbook and as a document."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator, Sequence
from xml.sax.saxutils import escape

import openpyxl
from openpyxl.styles import Alignment, Font

from storage.activity_figures import Page

Word = Callable[[str], str]
Cell = str | int

COLUMNS = (
    "kind",
    "name",
    "at",
    "place",
    "expected",
    "present",
    "needed",
    "here",
    "on_leave",
    "absent",
    "minutes",
)
WIDTHS = (14, 24, 18, 20, 8, 8, 10, 40, 30, 30, 60)
# A cell that begins so would run as a formula.
RISKY = ("=", "+", "-", "@", "\t", "\r")

_TYPES = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels"'
    ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-'
    'officedocument.wordprocessingml.document.main+xml"/></Types>'
)
_RELATIONS = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
    'relationships/officeDocument" Target="word/document.xml"/></Relationships>'
)
_OPENS = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:document'
    ' xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>'
)
_CLOSES = "<w:sectPr/></w:body></w:document>"


def as_xlsx(title: str, pages: Sequence[Page], word: Word) -> bytes:
    """One row an activity, with a heading that stays."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = word("sheet")
    sheet.append([title])
    sheet.append([word(name) for name in COLUMNS])
    for page in pages:
        sheet.append([_safe(cell) for cell in _cells(page, word)])
    for number, width in enumerate(WIDTHS):
        sheet.column_dimensions[chr(ord("A") + number)].width = width
    for row in sheet.iter_rows(min_row=1, max_row=2):
        for cell in row:
            cell.font = Font(bold=True)
    for row in sheet.iter_rows(min_row=3):
        for cell in row:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
    sheet.freeze_panes = "A3"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def as_docx(title: str, pages: Sequence[Page], word: Word) -> bytes:
    """One paragraph a line, one part an activity: what Word and WPS open without more."""
    body = [_paragraph(title, bold=True, size=36)]
    for page in pages:
        cells = dict(zip(COLUMNS, _cells(page, word), strict=True))
        kind, name = str(cells["kind"]), str(cells["name"])
        heading = name if kind in name else f"{kind} {name}"
        body.append(_paragraph(heading, bold=True, size=28))
        body += [
            _paragraph(f"{word(name)}: {cells[name]}") for name in COLUMNS if name not in _HEADING
        ]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", _TYPES)
        archive.writestr("_rels/.rels", _RELATIONS)
        archive.writestr("word/document.xml", f"{_OPENS}{''.join(body)}{_CLOSES}")
    return out.getvalue()


_HEADING = frozenset({"kind", "name"})


def _cells(page: Page, word: Word) -> Iterator[Cell]:
    activity, none = page.activity, word("none")
    yield page.kind
    yield activity.title
    yield f"{page.day:%Y-%m-%d %H:%M}"
    yield activity.place
    yield activity.expected
    yield activity.present
    yield page.needed if page.needed is not None else none
    yield "、".join(page.here) or none
    yield "、".join(f"{name}（{why}）" if why else name for name, why in page.on_leave) or none
    yield "、".join(page.absent) or none
    yield activity.minutes or none


def _safe(cell: Cell) -> Cell:
    """A text as nothing but text."""
    if not isinstance(cell, str):
        return cell
    plain = "".join(one for one in cell if one >= " " or one == "\n")
    return f"'{plain}" if plain.startswith(RISKY) else plain


def _paragraph(text: str, *, bold: bool = False, size: int = 22) -> str:
    plain = "".join(one for one in text if one >= " " or one == "\n")
    lines = "<w:br/>".join(
        f'<w:t xml:space="preserve">{escape(line)}</w:t>' for line in plain.split("\n")
    )
    style = f'<w:rPr>{"<w:b/>" if bold else ""}<w:sz w:val="{size}"/></w:rPr>'
    return f"<w:p><w:r>{style}{lines}</w:r></w:p>"
