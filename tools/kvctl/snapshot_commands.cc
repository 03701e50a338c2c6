// snapshot save, snapshot status: the backup of a cluster (libkv/snapshot/FORMAT.md).
#include <fstream>

#include "libkv/api/proto/rpc.pb.h"
#include "libkv/mvcc/record.h"
#include "libkv/snapshot/stream_reader.h"
#include "tools/common/error_exit.h"
#include "tools/common/json_writer.h"
#include "tools/common/progress.h"
#include "tools/common/table.h"
#include "tools/common/units.h"
#include "tools/kvctl/command.h"
#include "tools/kvctl/download.h"
#include "tools/kvctl/saved_file.h"

namespace tools::kvctl {
namespace {

constexpr std::string_view kSnapshotPath = "/etcdserverpb.Maintenance/Snapshot";
constexpr std::size_t kPieceBytes = 1U << 20U;

/// Reads a snapshot as it comes; its last mark says what it holds.
class Reading {
 public:
  Outcome<void> push(std::string_view bytes) {
    if (auto pushed = reader_.push(bytes); !pushed) return refuse(failure_of(pushed.error()));
    return {};
  }
  Outcome<void> finish() const {
    if (auto whole = reader_.finish(); !whole) return refuse(failure_of(whole.error()));
    return {};
  }
  [[nodiscard]] const kv::Mark& mark() const { return mark_; }
  [[nodiscard]] std::uint64_t bytes() const { return reader_.bytes(); }

 private:
  raft::Result<void> row(std::string_view key, std::string_view value) {
    if (!key.starts_with(kv::kRecordPrefix)) return {};
    ASSIGN_OR_RETURN(const kv::ParsedKey parsed, kv::parse_key(key));
    if (parsed.mark) {
      ASSIGN_OR_RETURN(mark_, kv::decode_mark(value));
      return {};
    }
    auto record = kv::decode_record(parsed.revision, value);
    if (!record) return raft::fail(std::move(record.error()));
    return {};
  }

  kv::Mark mark_;
  kv::StreamReader reader_{
      {.header = {}, .row = [this](std::string_view key, std::string_view value) { return row(key, value); }},
      kv::Envelope::kAllowed};
};

Outcome<ExitCode> run_save(Context& context) {
  const std::string& path = context.options.arguments()[0];
  SavedFile file(path);
  TRY(file.open());
  Reading reading;
  std::string version;
  {
    Progress progress(context.progress(), "saving", "bytes");
    const auto take = [&](const std::string& bytes) -> Outcome<void> {
      etcdserverpb::SnapshotResponse message;
      if (!message.ParseFromString(bytes)) return refuse(kExitProtocol, "the answer is not of the etcd API");
      TRY(reading.push(message.blob()));
      version = message.version();
      progress.update(reading.bytes(), reading.bytes() + message.remaining_bytes());
      return file.write(message.blob());
    };
    TRY(download(context, kSnapshotPath, etcdserverpb::SnapshotRequest().SerializeAsString(), take));
  }
  TRY(reading.finish());
  TRY(file.finish());
  std::ostream& words = path == "-" ? context.io.err : context.io.out;
  if (path != "-" || !context.settings.quiet) {
    words << "Snapshot saved at " << (path == "-" ? "standard output" : path) << "\nServer version "
          << version << '\n';
  }
  return kExitOk;
}

/// As etcdutl's: a hash that is equal for equal histories, the revision, keys and bytes.
Outcome<void> print_snapshot_status(Context& context, const Reading& reading) {
  const kv::Mark& mark = reading.mark();
  const auto hash = static_cast<std::uint32_t>(mark.chain);
  char hex[16];
  std::snprintf(hex, sizeof(hex), "%08x", hash);
  std::ostream& out = context.io.out;
  switch (context.settings.format) {
    case Format::kSimple:
      out << hex << ", " << mark.revision << ", " << mark.live_keys << ", " << format_bytes(reading.bytes())
          << '\n';
      return {};
    case Format::kTable:
      out << draw_table({"hash", "revision", "total keys", "total size"},
                        {{hex, std::to_string(mark.revision), std::to_string(mark.live_keys),
                          format_bytes(reading.bytes())}});
      return {};
    case Format::kFields:
      out << "\"Hash\" : " << hash << "\n\"Revision\" : " << mark.revision
          << "\n\"Keys\" : " << mark.live_keys << "\n\"Size\" : " << reading.bytes() << '\n';
      return {};
    case Format::kJson:
    case Format::kJsonl: {
      JsonWriter json;
      json.begin_object().key("hash").unsigned_number(hash).key("revision").number(mark.revision);
      json.key("totalKey").unsigned_number(mark.live_keys).key("totalSize").unsigned_number(reading.bytes());
      out << json.end_object().text() << '\n';
      return {};
    }
    case Format::kRaw:
      break;
  }
  return refuse_usage("snapshot status does not print raw");
}

Outcome<ExitCode> run_snapshot_status(Context& context) {
  const std::string& path = context.options.arguments()[0];
  std::ifstream file;
  if (path != "-") {
    file.open(path, std::ios::binary);
    if (!file) return refuse(kExitNoInput, path + ": cannot be read");
  }
  std::istream& in = path == "-" ? context.io.in : file;
  Reading reading;
  std::string piece(kPieceBytes, '\0');
  while (in) {
    in.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    TRY(reading.push(std::string_view(piece).substr(0, static_cast<std::size_t>(in.gcount()))));
  }
  TRY(reading.finish());
  TRY(print_snapshot_status(context, reading));
  return kExitOk;
}

}  // namespace

Command snapshot_save_command() {
  return {
      .spec = {.name = "snapshot save",
               .arguments = "FILE",
               .summary = "Save the state of the cluster in a file; - is standard output.",
               .details = "From one endpoint, which may be any member. The file is verified as it comes and\n"
                          "appears when it is whole. kvsnap reads it and restores from it.",
               .examples = "kvctl snapshot save backup.snap\n"
                           "kvctl snapshot save - | kvsnap verify -",
               .arguments_min = 1,
               .arguments_max = 1},
      .run = run_save};
}

Command snapshot_status_command() {
  return {.spec = {.name = "snapshot status",
                   .arguments = "FILE",
                   .summary = "Check a snapshot; print its hash, revision, number of keys and size.",
                   .examples = "kvctl snapshot status backup.snap -w table",
                   .arguments_min = 1,
                   .arguments_max = 1},
          .run = run_snapshot_status,
          .offline = true};
}

}  // namespace tools::kvctl
