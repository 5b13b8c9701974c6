"""What touches Krita and Qt. Files whose opening says so are free of both and hold the decisions.

The canvas, one overlay a view:
    qt, guard, canvas, placement, surface, pointer, keyboard, overlay, overlays
    tool, points_tool, move_tool, move_box, paint_*
What a person works with; of Krita it knows only what `desk` asks for:
    studio      all that a person does; it has the others
    link        the connection and the jobs of all documents
    works, work, preferences, choosing      what belongs to a document, and what to all
    watching, following, preparing          what happens by itself
    showing, results, pictures              what lies over the canvas, and what becomes of an edit
    docker/     widgets, which say what the studio says
Krita itself:
    krita_desk, krita_picture, layers, insertion, profiles, tools_of_krita, actions, extension
"""
