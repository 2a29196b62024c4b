# Writes a C++ file that holds documents:
#   cmake -DOUTPUT=documents.cc -DFOLDER=docs -DNAMES=A.md,B.md -P EmbedDocuments.cmake
# As lists of characters: a literal may not be as long as a document.
string(REPLACE "," ";" names "${NAMES}")
set(content "#include \"tools/letterpress/documents.h\"\n\nnamespace letterpress::cli {\n\n")
set(table "")
foreach(name ${names})
  string(MAKE_C_IDENTIFIER "${name}" symbol)
  file(READ "${FOLDER}/${name}" hex HEX)
  string(REGEX REPLACE "(..)" "'\\\\x\\1'," bytes "${hex}")
  string(APPEND content "static constexpr char ${symbol}[] = {${bytes}'\\0'};\n")
  string(APPEND table "{\"${name}\", {${symbol}, sizeof ${symbol} - 1}}, ")
endforeach()
string(APPEND content "static constexpr Document kDocuments[] = {${table}};\n"
  "std::span<const Document> documents() { return kDocuments; }\n\n"
  "}  // namespace letterpress::cli\n")
file(WRITE "${OUTPUT}" "${content}")
