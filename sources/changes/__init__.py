"""What changed in a raw file since an earlier check of it, so that only that goes through the door and the gate.

Beside the results of a check rest keyed marks of what each row group is stored in and a keyed hash of every row;
without the key they tell nothing, and no value can be confirmed by them.
"""
