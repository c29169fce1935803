"""What a PDF says about itself, twice: in its Info, and as XMP."""

from datetime import datetime
from html import escape
from typing import Any, cast

from reportlab.pdfbase.pdfdoc import PDFDictionary, PDFDocument, PDFInfo, PDFString
from reportlab.pdfgen.canvas import Canvas

from inkchat.reply.characters import clean_text, join_lines
from inkchat.reply.furniture import Imprint
from inkchat.reply.objects import add_stream

CONVERSATION_KEY = "InkchatConversation"
EXCHANGE_KEY = "InkchatExchange"
CODE_KEY = "InkchatCode"
NAMESPACE = "urn:inkchat:page:1"
"""Of our own words in the XMP; no address, since there is nothing to look up."""
_AUTHOR = "inkchat"


def add_metadata(canvas: Canvas, imprint: Imprint) -> None:
    """Info, XMP, and that readers show the title in place of the file's name."""
    document = cast(Any, canvas)._doc
    document.info = info = _Info(imprint)
    entries = {"Type": "/Metadata", "Subtype": "/XML"}
    # As it is: programs look for it without knowing anything else of PDF.
    document.Catalog.Metadata = add_stream(document, _write_xmp(imprint, info), entries, level=0)
    canvas.setViewerPreference("DisplayDocTitle", "true")


class _Info(PDFInfo):
    """With what a page finds its way back by, beside the usual."""

    def __init__(self, imprint: Imprint) -> None:
        super().__init__()
        self._imprint = imprint
        self.title = imprint.title
        self.author = self.creator = _AUTHOR
        self.subject = imprint.subject
        self.keywords = f"inkchat, {join_lines(imprint.conversation_id)}"

    def format(self, document: PDFDocument) -> bytes:
        written = PDFString(_format_date(self._imprint.written_at))
        entries = {
            "Title": PDFString(self.title),
            "Author": PDFString(self.author),
            "Subject": PDFString(self.subject),
            "Keywords": PDFString(self.keywords),
            "Creator": PDFString(self.creator),
            "Producer": PDFString(self.producer),
            "CreationDate": written,
            "ModDate": written,
        }
        marks = _list_marks(self._imprint)
        entries |= {key: PDFString(value) for key, value in marks.items()}
        return PDFDictionary(entries).format(document)


def _list_marks(imprint: Imprint) -> dict[str, str]:
    """Where a returned page belongs; a digest belongs to no single exchange."""
    marks = {CONVERSATION_KEY: join_lines(imprint.conversation_id)}
    if imprint.exchange_number is not None:
        marks[EXCHANGE_KEY] = str(imprint.exchange_number)
    code = join_lines(imprint.code)
    if code:
        marks[CODE_KEY] = code
    return marks


def _write_xmp(imprint: Imprint, info: PDFInfo) -> bytes:
    written = _escape(imprint.written_at.isoformat(timespec="seconds"))
    marks = "".join(
        f"<ink:{key}>{_escape(value)}</ink:{key}>" for key, value in _list_marks(imprint).items()
    )
    return f"""\
<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about=""
 xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:pdf="http://ns.adobe.com/pdf/1.3/"
 xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 xmlns:ink="{NAMESPACE}">
<dc:format>application/pdf</dc:format>
<dc:title>{_list_of("Alt", imprint.title)}</dc:title>
<dc:creator>{_list_of("Seq", _AUTHOR)}</dc:creator>
<dc:description>{_list_of("Alt", imprint.subject)}</dc:description>
<dc:language>{_list_of("Bag", imprint.language)}</dc:language>
<pdf:Producer>{_escape(str(info.producer))}</pdf:Producer>
<pdf:Keywords>{_escape(str(info.keywords))}</pdf:Keywords>
<xmp:CreatorTool>{_AUTHOR}</xmp:CreatorTool>
<xmp:CreateDate>{written}</xmp:CreateDate>
<xmp:ModifyDate>{written}</xmp:ModifyDate>
{marks}
</rdf:Description>
</rdf:RDF>
</x:xmpmeta>
<?xpacket end="r"?>
""".encode()


def _list_of(kind: str, text: str) -> str:
    language = ' xml:lang="x-default"' if kind == "Alt" else ""
    return f"<rdf:{kind}><rdf:li{language}>{_escape(text)}</rdf:li></rdf:{kind}>"


def _escape(text: str) -> str:
    return escape(clean_text(text), quote=False)


def _format_date(moment: datetime) -> str:
    zone = moment.strftime("%z")
    offset = f"{zone[:3]}'{zone[3:5]}'" if zone else ""
    return f"D:{moment:%Y%m%d%H%M%S}{offset}"
