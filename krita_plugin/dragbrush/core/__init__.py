"""All of the plugin that needs neither Krita nor Qt: the standard library, the wire and the vendored `websockets`.

On the host's thread:
    points, inputs          what a person places and chooses
    crop, pixels, checks    which part of a layer is sent, and as which bytes; what cannot be sent
    jobs                    edits, prepares and live jobs of all documents, fed with the client's events
    history, saved, later   results of a document, what its file keeps, what is fetched in the next life
    settings, files, form, words, launch, diagnostics, runtime, listeners
In the client's thread:
    client -> session -> transfers -> connection -> peer; `orders` are what goes in, `events` what comes out
"""
