// FORMAT.md of libraft/log says what is on disk; its worked example is read from the page itself.
#include <gtest/gtest.h>
#include <leveldb/db.h>

#include <fstream>
#include <map>
#include <string>

#include "libraft/disk/database.h"
#include "tests/unit/log/script.h"

namespace raft {
namespace {

using testing::entry;

/// The bytes of a line of the example: hex pairs behind "key", "value" or nothing, in front of " |".
std::string bytes_of(const std::string& line) {
  constexpr std::size_t kIndent = 10;
  std::string bytes;
  for (std::size_t at = kIndent; at + 1 < line.size() && line[at] != '|'; ++at) {
    if (line[at] == ' ') continue;
    bytes.push_back(static_cast<char>(std::stoi(line.substr(at, 2), nullptr, 16)));
    ++at;
  }
  return bytes;
}

/// The database that the indented lines below "Worked example" spell out.
std::map<std::string, std::string> example_rows() {
  std::ifstream in(KVD_SOURCE_DIR "/libraft/log/FORMAT.md");
  std::map<std::string, std::string> rows;
  std::string key;
  bool inside = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("## ")) inside = line == "## Worked example";
    if (!inside || !line.starts_with("    ")) continue;
    if (line.starts_with("    key")) {
      key = bytes_of(line);
    } else {
      rows[key] += bytes_of(line);
    }
  }
  return rows;
}

std::string hex(const std::string& bytes) {
  std::string out;
  for (const char c : bytes) {
    char pair[4];
    std::snprintf(pair, sizeof pair, "%02x ", static_cast<unsigned>(static_cast<std::uint8_t>(c)));
    out += pair;
  }
  return out;
}

TEST(Format, TheWorkedExampleIsWhatTheLogWrites) {
  testing::FaultEnv disk;
  {
    testing::LogOnDisk log(disk);
    ASSERT_TRUE(log.open());
    ASSERT_TRUE(log.run(LogBatch{.hard_state = HardState{Term(3), NodeId(2)},
                                 .entries = {entry(1, 3, "", EntryType::kNoop), entry(2, 3, "hello")}}));
  }
  std::map<std::string, std::string> rows;
  LatchEnv env(&disk);
  auto database = open_database(database_options(&env), testing::kLogPath, LogPolicy::kAcknowledged);
  ASSERT_TRUE(database);
  const std::unique_ptr<leveldb::Iterator> it((*database)->NewIterator(read_options()));
  for (it->SeekToFirst(); it->Valid(); it->Next()) rows[it->key().ToString()] = it->value().ToString();
  const auto expected = example_rows();
  for (const auto& [key, value] : rows) {
    const auto found = expected.find(key);
    EXPECT_EQ(hex(value), found == expected.end() ? "not in FORMAT.md" : hex(found->second)) << hex(key);
  }
  EXPECT_EQ(rows.size(), expected.size());
}

}  // namespace
}  // namespace raft
