"""What a scene is called: captions in a small fixed vocabulary."""

from dragbrush.bench.kinds import KIND_NAMES
from dragbrush.bench.primitives import TEXTURES
from dragbrush.bench.world import COLOURS, EMPTY, GROUNDS, LOOKS, MATERIALS, Scene

NEVER_TEXTURED = ("flower", "face")


def captions(scene: Scene) -> list[str]:
    """One sentence per scene, objects from left to right: 'a red checked ball and a blue fish on brown leaves'."""
    return [_caption(scene[i : i + 1]) for i in range(len(scene))]


def _caption(scene: Scene) -> str:
    things = [_thing(scene, slot) for slot in scene.xy[0, :, 0].argsort().tolist() if scene.kind[0, slot] != EMPTY]
    listed = " and ".join(filter(None, [", ".join(things[:-1]), things[-1]])) if things else "nothing"
    colour, material = list(GROUNDS)[int(scene.ground_colour)], MATERIALS[int(scene.material)]
    article = "" if material in ("leaves", "tiles") else "a "
    look = LOOKS[int(scene.look)]
    return f"{listed} on {article}{colour} {material}" + ("" if look == "shaded" else f", {look}")


def _thing(scene: Scene, slot: int) -> str:
    colour, name = list(COLOURS)[int(scene.colour[0, slot])], KIND_NAMES[int(scene.kind[0, slot])]
    texture = TEXTURES[int(scene.texture[0, slot])]
    worn = "" if texture == "plain" or name in NEVER_TEXTURED else f" {texture}"
    return f"{'an' if colour == 'orange' else 'a'} {colour}{worn} {name}"


def vocabulary() -> list[str]:
    """Every word that a caption can hold."""
    words = {"a", "an", "and", "on", ",", "nothing", *COLOURS, *GROUNDS, *MATERIALS, *LOOKS, *KIND_NAMES, *TEXTURES}
    return sorted(words)
