// Rows to bytes and back.
#include <gtest/gtest.h>

#include "libkv/snapshot/digest.h"
#include "libkv/snapshot/stream_reader.h"
#include "libkv/snapshot/stream_writer.h"
#include "libraft/base/bytes.h"
#include "libraft/base/random.h"

namespace kv {
namespace {

using Rows = std::vector<std::pair<std::string, std::string>>;

const SnapshotHeader kHeader{.cluster_id = 7,
                             .last = {raft::Index(9), raft::Term(3)},
                             .revision = 5,
                             .compacted = -1,
                             .configuration = {raft::Index(4), {.voters = {raft::NodeId(1)}}}};

std::string stream_of(const Rows& rows) {
  StreamWriter writer(kHeader);
  std::string bytes;
  for (const auto& [key, value] : rows) {
    writer.add(key, value);
    bytes += writer.take(writer.ready());
  }
  writer.finish();
  return bytes + writer.take(writer.ready());
}

struct Read {
  std::optional<SnapshotHeader> header;
  Rows rows;
  raft::Result<SnapshotTotals> end;
};

Read read(std::string_view bytes, std::size_t piece) {
  Read found;
  StreamReader reader({.header = [&](const SnapshotHeader& header) -> raft::Result<void> {
                         found.header = header;
                         return {};
                       },
                       .row = [&](std::string_view key, std::string_view value) -> raft::Result<void> {
                         found.rows.emplace_back(key, value);
                         return {};
                       }});
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
    if (auto pushed = reader.push(bytes.substr(0, piece)); !pushed) {
      found.end = raft::fail(pushed.error());
      return found;
    }
  }
  found.end = reader.finish();
  return found;
}

Rows random_rows(std::size_t count, std::size_t value_bytes_max) {
  raft::Random random(1);
  Rows rows;
  for (std::size_t i = 0; i < count; ++i) {
    std::string key = "k";
    raft::append_big_endian(key, i);
    std::string value(random.below(value_bytes_max), '\0');
    for (char& byte : value) byte = static_cast<char>(random.below(256));
    rows.emplace_back(std::move(key), std::move(value));
  }
  return rows;
}

TEST(Stream, GivesBackTheHeaderAndTheRows) {
  const Rows rows = random_rows(1000, 2000);
  const std::string bytes = stream_of(rows);
  for (const std::size_t piece : {std::size_t{4096}, std::size_t{65536}, bytes.size()}) {
    const Read found = read(bytes, piece);
    ASSERT_TRUE(found.end) << found.end.error().text();
    EXPECT_EQ(found.header, kHeader);
    EXPECT_EQ(found.rows, rows);
    EXPECT_EQ(found.end->rows, rows.size());
    EXPECT_GT(found.end->blocks, 3U);
  }
}

TEST(Stream, ByteByByteIsTheSame) {
  const Rows rows = random_rows(20, 100);
  EXPECT_EQ(read(stream_of(rows), 1).rows, rows);
}

TEST(Stream, WithoutRowsIsWhole) {
  const Read found = read(stream_of({}), 1);
  ASSERT_TRUE(found.end);
  EXPECT_EQ(*found.end, SnapshotTotals{});
}

TEST(Stream, CutsRowsLargerThanABlock) {
  const Rows rows{{"a", std::string(3 * kBlockBytesMax + 17, 'x')}, {"b", "1"}};
  const Read found = read(stream_of(rows), 1000);
  ASSERT_TRUE(found.end);
  EXPECT_EQ(found.rows, rows);
  EXPECT_EQ(found.end->blocks, 4U);
}

TEST(Stream, TheSameRowsAreTheSameBytes) {
  EXPECT_EQ(stream_of(random_rows(500, 900)), stream_of(random_rows(500, 900)));
}

TEST(Stream, RowsOutOfOrderAreRefused) {
  EXPECT_EQ(read(stream_of({{"b", "1"}, {"a", "2"}}), 100).end.error().what, "the rows are not in order");
  EXPECT_EQ(read(stream_of({{"a", "1"}, {"a", "2"}}), 100).end.error().what, "the rows are not in order");
}

TEST(Stream, BytesBehindTheEndAreRefused) {
  const std::string bytes = stream_of({{"a", "1"}});
  const Read found = read(bytes + "x", 7);
  ASSERT_FALSE(found.end);
  EXPECT_EQ(found.end.error().where, "byte " + std::to_string(bytes.size()));
}

/// As a file saved through the etcd API.
std::string enveloped(std::string bytes) {
  bytes.append(envelope_padding(bytes.size()), '\0');
  Digest digest;
  digest.update(bytes);
  return bytes + digest.value();
}

raft::Result<SnapshotTotals> read_file(std::string_view bytes) {
  StreamReader reader({}, Envelope::kAllowed);
  for (const char& byte : bytes) {
    if (auto pushed = reader.push({&byte, 1}); !pushed) return raft::fail(pushed.error());
  }
  return reader.finish();
}

TEST(Stream, InAFileTheEnvelopeOfTheEtcdApiMayFollow) {
  const std::string bytes = stream_of({{"a", "1"}});
  EXPECT_TRUE(read_file(bytes));
  const std::string file = enveloped(bytes);
  EXPECT_EQ(file.size() % 512, 32U) << "etcdctl looks at that";
  EXPECT_TRUE(read_file(file));
  EXPECT_FALSE(read(file, 100).end) << "between members nothing follows";
}

TEST(Stream, AnEnvelopeThatIsDamagedIsRefused) {
  const std::string bytes = stream_of({{"a", "1"}});
  const std::string file = enveloped(bytes);
  for (std::size_t size = bytes.size() + 1; size < file.size(); ++size) {
    EXPECT_FALSE(read_file(std::string_view(file).substr(0, size)));
  }
  for (std::size_t at = bytes.size(); at < file.size(); ++at) {
    std::string damaged = file;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    EXPECT_FALSE(read_file(damaged)) << at;
  }
  EXPECT_FALSE(read_file(file + "x"));
}

TEST(Stream, AnErrorOfTheVisitorEndsTheReading) {
  StreamReader reader({.header = {}, .row = [](std::string_view, std::string_view) -> raft::Result<void> {
                         return raft::fail(raft::ErrorCode::kIo, "disk", "full");
                       }});
  const auto pushed = reader.push(stream_of({{"a", "1"}}));
  ASSERT_FALSE(pushed);
  EXPECT_EQ(pushed.error().code, raft::ErrorCode::kIo);
}

}  // namespace
}  // namespace kv
