# SPDX-License-Identifier: Apache-2.0
"""What tools/tidy.py forbids where: folders, layers, limits, words and tokens."""

TOP_FOLDERS = (".ci", "benches", "changes", "cmake", "docs", "engine", "fuzz", "tests", "tools")
FROZEN_FOLDERS = ("golden", "seeds", "__pycache__")  # bytes, not text that people write
CPP_SUFFIXES = (".h", ".cc", ".c", ".cpp", ".cxx", ".hpp", ".hh", ".hxx")
KERNEL = r"_(?:scalar|avx2|avx512)\.cc$"

# A folder may include itself and every folder of a lower rank; folders of one rank never see each
# other. "include" holds the installed headers: all may use them, they use nothing else of ours.
LAYER_RANKS = {
    "base": 0,
    "mail": 1, "chunking": 1, "hashing": 1, "codecs": 1, "index": 1,
    "stream": 2,
    "pipeline": 3, "files": 3,
    "embed": 4, "vault": 4,
    "exports": 5, "embed_vault": 5,
    "capi": 6,
}

FUNCTION_LINES_MAX = 70
LINE_COLUMNS_MAX = 100
BANNED_WORDS = frozenset(
    "util utils helper helpers common misc manager handler processor service wrapper impl data "
    "info".split())

# (rule, files, except in, pattern, what, instead). CODE_TOKENS see C++ without comments and text,
# but with #include lines whole; TEXT_TOKENS see every file as it is.
CPP = r"\.(?:h|cc|c|cpp|cxx|hpp|hh|hxx)$"
NOWHERE = r"^$"
CODE_TOKENS = [
    ("print", "^engine/.*" + CPP, NOWHERE,
     r"#\s*include\s*<iostream>|\bstd::(?:cout|cerr|clog)\b"
     r"|(?<![\w.>])(?:printf|fprintf|vprintf|vfprintf|puts|fputs|putchar|perror|syslog)\s*\(",
     "the engine prints", "return a Status or a value, and let the caller print"),
    ("environment", "^engine/.*" + CPP, NOWHERE, r"\b(?:secure_getenv|getenv|setenv|putenv)\b",
     "the engine reads the environment", "take it as a parameter; tools/ may read it"),
    ("abort", "^engine/.*" + CPP, NOWHERE,
     r"(?<![\w.>])(?:abort|exit|_exit|_Exit|quick_exit|terminate)\s*\(",
     "the engine ends the process", "return an Error; LETTERPRESS_ASSERT for our own mistakes"),
    ("reinterpret", CPP, "^engine/base/|" + KERNEL, r"\breinterpret_cast\b",
     "reinterpret_cast", "use as_bytes, as_text, load_le or store_le of engine/base"),
    ("thread", "^engine/.*" + CPP, "^engine/pipeline/",
     r"#\s*include\s*<(?:thread|future|pthread\.h)>",
     "threads outside engine/pipeline", "stay single-threaded and let the pipeline call you"),
    ("tbb", "^(?:engine|tools)/.*" + CPP, "^engine/pipeline/",
     r"#\s*include\s*[<\"](?:oneapi/)?tbb\b",
     "oneTBB outside engine/pipeline", "add what you need to the pipeline's interface"),
    ("isa", CPP, "^engine/base/cpu|" + KERNEL, r"\b__(?:AVX|SSE)\w*|#\s*include\s*<immintrin\.h>",
     "SIMD outside a kernel file", "move it to NAME_avx2.cc or NAME_avx512.cc, chosen at run time"),
    ("dead-code", CPP, NOWHERE, r"#\s*if\s+(?:0|false)\b|\bif\s*\(\s*(?:0|false)\b",
     "code that never runs", "delete it: git remembers"),
    ("empty-catch", CPP, NOWHERE, r"\bcatch\s*\([^)]*\)\s*\{\s*\}",
     "an exception is swallowed", "turn it into a Status, or let it fly"),
    ("disabled-test", "^tests/.*" + CPP, NOWHERE, r"\bDISABLED_\w+|\bGTEST_SKIP\(\)\s*;",
     "a test that does not run and does not say why", "mend or delete it; a skip gives a reason"),
    ("sleep", "^tests/.*" + CPP, NOWHERE, r"\b(?:sleep_for|sleep_until|usleep|nanosleep)\s*\(",
     "a test that sleeps", "wait for the event itself, or make the clock a parameter"),
]
TEXT_TOKENS = [
    ("disabled-test", "^tests/.*" + CPP, NOWHERE, r"^\s*//\s*TEST(?:_F|_P)?\s*\(",
     "a test that is commented out", "mend or delete it"),
    ("disabled-test", r"^tests/.*\.py$", NOWHERE, r"^\s*@(?:unittest\.)?skip\b",
     "a test that is switched off", "mend or delete it; skipUnless gives its condition"),
    ("todo", r"(?:CMakeLists\.txt|\.(?:h|cc|c|py|sh|cmake))$", NOWHERE,
     r"(?:#|//).*\b(?:T[O]DO|F[I]XME|X[X]X)\b(?!\(#\d+\))",
     "an open end without an issue", "do it, or write the issue's number: TO" + "DO(#12)"),
    ("cmake", r"(?:CMakeLists\.txt|\.cmake)$", NOWHERE,
     r"^[^#]*(?:\bGLOB(?:_RECURSE)?\b|\b(?<!target_)include_directories\s*\(|-march=native"
     r"|\bCMAKE_C(?:XX)?_FLAGS\b|\bFetchContent|\bExternalProject|\bDOWNLOAD\b|\bDISABLED\b)",
     "a build that depends on more than its files",
     "list the files, use target_* commands, take packages from the distribution"),
]
