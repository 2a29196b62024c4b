// SPDX-License-Identifier: Apache-2.0
#include "tools/letterpress/volume_companions.h"

#include <link.h>

#include <set>

#include "base/file.h"
#include "base/limits.h"
#include "tools/letterpress/documents.h"
#include "tools/letterpress/opened_snapshot.h"

namespace letterpress::cli {
namespace {

constexpr std::uint64_t kFileBytesMax = 512 * kMiB;
constexpr std::uint64_t kKeyBytesMax = 4096;

constexpr std::string_view kReadme =
    R"(This is an offline volume of a letterpress vault: one of several copies on different disks,
some of which may be lost. What is on it is encrypted; recovery.key, which is not here, opens it.

TO BRING ALL MAIL BACK, on any Linux machine with an x86-64 processor (Debian 12 or newer), with
this volume and as many others of its set as "data" in letterpress-volume says, in any order:

    sh /mnt/disk1/restore-all.sh --to /srv/restored --key /media/recovery.key \
        /mnt/disk1 /mnt/disk2 /mnt/disk3 /mnt/disk4

makes /srv/restored/vault and /srv/restored/mail. Volumes of later sets (those that hold what came
since) are named in the same command, as many of each set. The disks are only read.

Step by step, with the program from program/ (copy that folder to a disk from which programs may
run; run it as  LD_LIBRARY_PATH=program program/letterpress ... ; or install what it was linked
with: apt-get install libtbb12 libzstd1 libxxhash0 libssl3 libsodium23 libisal2 libfmt9
libqrencode4):

    letterpress volumes check DIR...                is this volume good, and do these suffice?
    letterpress volumes restore DIR... --to VAULT   the vault again, without any key
    letterpress verify VAULT --trust vault.pub      is it what its owner wrote? (vault.pub from
                                                    where you keep it, not from here)
    letterpress restore VAULT --to FOLDER --key recovery.key

If too few volumes are left: each holds whole packs, and is a vault from which some are missing.
letterpress restore, verify and ls read it as it is, and bring back the mails that are whole.

Without the program: FORMAT.md and STREAM.md say what every byte means. packs/XX/NAME are files
whose SHA-256 is their name; letterpress-set lists all files with theirs:

    sed -n 's/^file \([0-9a-f]*\) [0-9]* /\1  /p' letterpress-set | sha256sum -c --ignore-missing
)";

constexpr std::string_view kScript = R"SH(#!/bin/sh
# Brings all mail back from letterpress volumes, with the program that lies on them:
#
#   sh restore-all.sh --to FOLDER --key RECOVERY_KEY VOLUME...
#
# FOLDER gets vault/ and mail/ (with several mail servers: one folder below mail/ for each). Run it
# again after an interruption; it goes on. Exit code 0: everything came back.
set -u
umask 077
PATH=${PATH:-/usr/sbin:/usr/bin:/sbin:/bin}
export PATH
usage() {
  echo "usage: sh restore-all.sh --to FOLDER --key RECOVERY_KEY VOLUME..." >&2
  exit 2
}
to= key=
while [ $# -gt 0 ]; do
  case $1 in
    --to) [ $# -ge 2 ] || usage; to=$2; shift 2 ;;
    --key) [ $# -ge 2 ] || usage; key=$2; shift 2 ;;
    -*) usage ;;
    *) break ;;
  esac
done
if [ -z "$to" ] || [ -z "$key" ] || [ $# -eq 0 ]; then usage; fi
if [ ! -r "$key" ]; then echo "$key: cannot be read" >&2; exit 2; fi
mkdir -p "$to" || exit 3

# Disks may be mounted so that programs on them do not run, and each may be damaged: every file is
# copied from the first volume that has it as the list of any volume says.
program=$to/program
lists=$to/program.lists
mkdir -p "$program" || exit 3
: >"$lists" || exit 3
for source in "$(dirname "$0")" "$@"; do
  if [ -f "$source/letterpress-set" ]; then cat "$source/letterpress-set" >>"$lists"; fi
done
for source in "$(dirname "$0")" "$@"; do
  for file in "$source"/program/*; do
    name=${file##*/}
    if [ ! -f "$file" ] || [ -e "$program/$name" ]; then continue; fi
    sum=$(sha256sum <"$file" | cut -d' ' -f1)
    grep -qaF "file $sum $(wc -c <"$file" | tr -d ' ') program/$name" "$lists" || continue
    cp "$file" "$program/.part" && chmod u+rwx "$program/.part" &&
      mv "$program/.part" "$program/$name" || exit 3
  done
done
rm -f "$lists"
works() { LD_LIBRARY_PATH=$program "$program/letterpress" --version >/dev/null 2>&1; }
if ! works; then
  echo "no volume has a program that runs here; see README.txt for what it needs" >&2
  exit 3
fi
letterpress() { LD_LIBRARY_PATH=$program "$program/letterpress" "$@"; }

worst=0
note() { if [ "$1" -gt "$worst" ]; then worst=$1; fi; }
letterpress volumes restore "$@" --to "$to/vault"
code=$?
note $code
[ $code -le 1 ] || exit $code

# The latest snapshot of each mail server. The list is by time, and names begin with the server.
snapshots=$(letterpress snapshots "$to/vault" |
  awk 'NR > 1 && $1 ~ /^[0-9a-f]+-[0-9]+$/ { split($1, part, "-"); last[part[1]] = $1 }
       END { for (writer in last) print last[writer] }' | sort)
if [ -z "$snapshots" ]; then echo "the vault has no snapshot" >&2; exit 3; fi
several=$(echo "$snapshots" | awk 'END { print (NR > 1) }')
for snapshot in $snapshots; do
  folder=$to/mail
  if [ "$several" = 1 ]; then folder=$to/mail/$snapshot; fi
  letterpress restore "$to/vault" "$snapshot" --to "$folder" --key "$key" --resume
  code=$?
  note $code
  [ $code -le 1 ] || exit $code
done
exit $worst
)SH";

Result<vault::Companion> read_companion(const std::string& file, std::string path,
                                        std::uint64_t bytes_max) {
  LETTERPRESS_TRY_ASSIGN(Bytes bytes, read_file(file, bytes_max));
  return vault::Companion{std::move(path), std::move(bytes)};
}

vault::Companion text_companion(std::string_view path, std::string_view text) {
  vault::Companion companion{std::string(path), {}};
  append(companion.bytes, as_bytes(text));
  return companion;
}

// Every library that is loaded, but for the C library and what must be of its version.
std::set<std::string> loaded_libraries() {
  std::set<std::string> paths;
  dl_iterate_phdr(
      [](dl_phdr_info* object, std::size_t, void* to) {
        const std::string path = object->dlpi_name;
        const std::string name = path.substr(path.rfind('/') + 1);
        const bool is_system = name.starts_with("libc.so") || name.starts_with("ld-linux") ||
                               name.starts_with("libm.so") || name.starts_with("libpthread") ||
                               name.starts_with("libdl") || name.starts_with("librt") ||
                               name.starts_with("linux-");
        if (path.starts_with('/') && !is_system) {
          static_cast<std::set<std::string>*>(to)->insert(path);
        }
        return 0;
      },
      &paths);
  return paths;
}

}  // namespace

Result<std::vector<vault::Companion>> volume_companions(const vault::Vault& vault,
                                                        const std::string& public_key) {
  std::vector<vault::Companion> companions;
  companions.push_back(text_companion("README.txt", kReadme));
  companions.push_back(text_companion("restore-all.sh", kScript));
  for (const Document& document : documents()) {
    companions.push_back(text_companion(document.name, document.text));
  }
  if (!public_key.empty()) {
    LETTERPRESS_TRY(require_trusted(vault, public_key));
    LETTERPRESS_TRY_ASSIGN(vault::Companion key,
                           read_companion(public_key, "vault.pub", kKeyBytesMax));
    companions.push_back(std::move(key));
  }
  LETTERPRESS_TRY_ASSIGN(vault::Companion program,
                         read_companion("/proc/self/exe", "program/letterpress", kFileBytesMax));
  companions.push_back(std::move(program));
  for (const std::string& path : loaded_libraries()) {
    LETTERPRESS_TRY_ASSIGN(
        vault::Companion library,
        read_companion(path, "program/" + path.substr(path.rfind('/') + 1), kFileBytesMax));
    companions.push_back(std::move(library));
  }
  return companions;
}

}  // namespace letterpress::cli
