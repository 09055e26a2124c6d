"""The other side of a proof: it runs in the interpreter that a container would use.

It is started as a folder, ``python …/proof/child NOTES MODE MODULES COMMAND…``, and
imports the standard library and itself only: what it finds missing is missing, and an
image needs nothing for it.  The container's command is carried out by the function
behind it.  kit's runtime reports the steps itself; flytekit's is wrapped.
"""
