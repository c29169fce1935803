"""What is to be drawn, as text: it is kept so until its page is delivered."""

import base64
import json
from dataclasses import asdict
from datetime import datetime

from inkchat.domain import ErrorResponse, Letterhead, NotePicture, Response
from inkchat.store.values import make_storable

Content = Response | ErrorResponse


def encode_content(content: Content) -> str:
    """JSON, with the bytes of pictures in base64."""
    data = {"form": type(content).__name__, **asdict(content)}
    data["head"]["written_at"] = content.head.written_at.isoformat()
    if isinstance(content, Response):
        data["pictures"] = [
            {"page": picture.page, "png": base64.b64encode(picture.png).decode("ascii")}
            for picture in content.pictures
        ]
    return make_storable(json.dumps(data, ensure_ascii=False))


def decode_content(text: str) -> Content:
    data = json.loads(text)
    form = data.pop("form")
    head = data.pop("head")
    head["written_at"] = datetime.fromisoformat(head["written_at"])
    if form == ErrorResponse.__name__:
        return ErrorResponse(head=Letterhead(**head), **data)
    data["remarks"] = tuple(data["remarks"])
    # Absent where an inkchat wrote it that did not know of them.
    data["pictures"] = tuple(
        NotePicture(picture["page"], base64.b64decode(picture["png"]))
        for picture in data.get("pictures", ())
    )
    return Response(head=Letterhead(**head), **data)
