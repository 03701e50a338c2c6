#include "tools/kvctl/diff_side.h"

#include <fstream>
#include <map>

#include "libkv/mvcc/record.h"
#include "libkv/snapshot/stream_reader.h"
#include "tools/common/error_exit.h"

namespace tools::kvctl {
namespace {

constexpr std::size_t kPieceOfFile = 1U << 20U;

class ClusterSide final : public DiffSide {
 public:
  ClusterSide(Client& client, std::string prefix, PagesOptions options)
      : prefix_(std::move(prefix)), pages_(client, std::move(options)) {}

  Outcome<std::optional<mvccpb::KeyValue>> next() override {
    while (at_ == page_.kvs_size()) {
      if (!pages_.more()) return std::nullopt;
      TRY_ASSIGN(page_, pages_.next());
      at_ = 0;
    }
    mvccpb::KeyValue kv = std::move(*page_.mutable_kvs(at_++));
    kv.mutable_key()->erase(0, prefix_.size());
    return kv;
  }

 private:
  const std::string prefix_;
  Pages pages_;
  etcdserverpb::RangeResponse page_;
  int at_ = 0;
};

using LiveValues = std::map<std::string, mvccpb::KeyValue>;

class SnapshotSide final : public DiffSide {
 public:
  explicit SnapshotSide(LiveValues values) : values_(std::move(values)) {}

  Outcome<std::optional<mvccpb::KeyValue>> next() override {
    if (values_.empty()) return std::nullopt;
    auto node = values_.extract(values_.begin());
    node.mapped().set_key(node.key());
    return std::move(node.mapped());
  }

 private:
  LiveValues values_;
};

/// Rows come in order of revision: the last one of a key counts.
raft::Result<void> take_record(LiveValues& values, const std::string& prefix, std::string_view row_key,
                               std::string_view row) {
  if (!row_key.starts_with(kv::kRecordPrefix)) return {};
  ASSIGN_OR_RETURN(const kv::ParsedKey parsed, kv::parse_key(row_key));
  if (parsed.mark) return {};
  ASSIGN_OR_RETURN(const kv::DecodedRecord decoded, kv::decode_record(parsed.revision, row));
  const kv::Record& record = decoded.record;
  if (!record.key.starts_with(prefix)) return {};
  const std::string key(record.key.substr(prefix.size()));
  if (record.deleted) {
    values.erase(key);
    return {};
  }
  mvccpb::KeyValue& kv = values[key];
  kv.set_value(std::string(record.value));
  kv.set_mod_revision(parsed.revision.main);
  kv.set_version(record.version);
  return {};
}

}  // namespace

std::unique_ptr<DiffSide> cluster_side(Client& client, std::string prefix, PagesOptions options) {
  return std::make_unique<ClusterSide>(client, std::move(prefix), std::move(options));
}

Outcome<std::unique_ptr<DiffSide>> snapshot_side(const std::string& path, const std::string& prefix) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return refuse(kExitNoInput, path + ": cannot be read");
  LiveValues values;
  kv::StreamReader reader(
      {.header = {},
       .row = [&](std::string_view key,
                  std::string_view row) { return take_record(values, prefix, key, row); }},
      kv::Envelope::kAllowed);
  std::string piece(kPieceOfFile, '\0');
  while (in) {
    in.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    const auto pushed = reader.push(std::string_view(piece.data(), static_cast<std::size_t>(in.gcount())));
    if (!pushed) return refuse(kExitData, path + ": " + pushed.error().text());
  }
  if (const auto read = reader.finish(); !read) return refuse(kExitData, path + ": " + read.error().text());
  return std::unique_ptr<DiffSide>(std::make_unique<SnapshotSide>(std::move(values)));
}

}  // namespace tools::kvctl
