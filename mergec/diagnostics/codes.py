"""Every code a diagnostic can carry; each has a page `docs/errors/<code>.md`."""

from __future__ import annotations

from enum import Enum


class Code(Enum):
    """Stable names of diagnostics. The value is what users see, search for and silence."""

    # reading the recipe
    UNREADABLE_RECIPE = "unreadable-recipe"
    EMPTY_RECIPE = "empty-recipe"
    SYNTAX = "syntax"
    TOO_COMPLEX = "too-complex"
    DUPLICATE_KEY = "duplicate-key"
    UNKNOWN_KEY = "unknown-key"
    MISSING_KEY = "missing-key"
    CONFLICTING_KEYS = "conflicting-keys"
    WRONG_TYPE = "wrong-type"
    YAML_SPELLING = "yaml-spelling"
    BAD_INCLUDE = "bad-include"
    NOT_SUPPORTED = "not-supported"
    NOT_IN_YAML = "not-in-yaml"
    # names and values
    UNKNOWN_NAME = "unknown-name"
    DUPLICATE_NAME = "duplicate-name"
    CYCLE = "cycle"
    UNKNOWN_METHOD = "unknown-method"
    UNKNOWN_PARAMETER = "unknown-parameter"
    MISSING_PARAMETER = "missing-parameter"
    MISPLACED_PARAMETER = "misplaced-parameter"
    BAD_VALUE = "bad-value"
    OUT_OF_RANGE = "out-of-range"
    WRONG_INPUTS = "wrong-inputs"
    MISSING_BASE = "missing-base"
    WRONG_KIND = "wrong-kind"
    BAD_DTYPE = "bad-dtype"
    BAD_SELECTOR = "bad-selector"
    BAD_LAYER_RANGE = "bad-layer-range"
    UNEQUAL_SLICES = "unequal-slices"
    NO_OUTPUT = "no-output"
    # models
    MISSING_MODEL = "missing-model"
    MISSING_FILE = "missing-file"
    BAD_CHECKPOINT = "bad-checkpoint"
    BAD_CONFIG = "bad-config"
    PICKLE = "pickle"
    QUANTIZED = "quantized"
    # matching tensors
    UNSUITABLE_METHOD = "unsuitable-method"
    MISSING_TENSOR = "missing-tensor"
    UNUSED_TENSOR = "unused-tensor"
    SHAPE_MISMATCH = "shape-mismatch"
    DTYPE_MISMATCH = "dtype-mismatch"
    DIFFERENT_ARCHITECTURES = "different-architectures"
    AMBIGUOUS_LAYERS = "ambiguous-layers"
    TOO_LITTLE_MEMORY = "too-little-memory"
    # plugins
    PLUGIN_FAILED = "plugin-failed"
    DUPLICATE_METHOD = "duplicate-method"
    UNMET_REQUIREMENT = "unmet-requirement"
    # warnings
    UNUSED_NAME = "unused-name"
    TOKENIZER_MISMATCH = "tokenizer-mismatch"
    REPEATED_PART = "repeated-part"
    RULE_NEVER_WINS = "rule-never-wins"
    RULE_MATCHES_NOTHING = "rule-matches-nothing"
    EXTRAPOLATION = "extrapolation"
    CODE_IN_CONFIG = "code-in-config"
    TIED_HEAD = "tied-head"
    QUIRK_CURVE_OUTSIDE_LAYERS = "quirk-curve-outside-layers"
    QUIRK_ONE_LAYER_SLICE = "quirk-one-layer-slice"
    QUIRK_SUBSTRING_FILTER = "quirk-substring-filter"
