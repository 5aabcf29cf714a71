"""Rendering: a campaign's content becomes bytes and slots once, and a message many times.

    compile_content(content, setting) -> (Compiled, Facts)     MJML or HTML, checked, cleaned, links numbered
    Compiled.fill(recipient, tokens, at) -> bytes              one whole message, ready for a signature and a transport
    Compiled.to_bytes() / Compiled.from_bytes(data)            what workers load
    preview.read(message) -> Parts, preview.harmless(html)     what a member looks at

Pure but for one thing: MJML runs in a child process (`mjml.py`). It never fetches anything and never lets content act.
"""
