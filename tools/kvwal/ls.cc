// kvwal ls: the files of a log, and what they hold together.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "tools/common/json_writer.h"
#include "tools/kvwal/verbs.h"

namespace tools::kvwal {
namespace {

struct File {
  std::string name;
  std::uint64_t bytes = 0;
};

std::vector<File> files_of(const std::string& directory) {
  std::vector<File> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    if (entry.is_regular_file(error))
      files.push_back({entry.path().filename().string(), entry.file_size(error)});
  }
  std::sort(files.begin(), files.end(), [](const File& a, const File& b) { return a.name < b.name; });
  return files;
}

void print_json(const std::vector<File>& files, const raft::Recovered& log) {
  for (const File& file : files) {
    JsonWriter json;
    json.begin_object().key("file").string(file.name).key("bytes").unsigned_number(file.bytes).end_object();
    std::printf("%s\n", json.text().c_str());
  }
  for (std::size_t i = 0; i < log.state.runs.size(); ++i) {
    const bool newest = i + 1 == log.state.runs.size();
    const raft::Index last = newest ? log.state.last : log.state.runs[i + 1].first.previous();
    JsonWriter json;
    json.begin_object().key("term").unsigned_number(log.state.runs[i].term.value());
    json.key("first")
        .unsigned_number(log.state.runs[i].first.value())
        .key("last")
        .unsigned_number(last.value())
        .end_object();
    std::printf("%s\n", json.text().c_str());
  }
}

void print_table(const std::vector<File>& files, const raft::Recovered& log) {
  for (const File& file : files)
    std::printf("%-24s %12llu bytes\n", file.name.c_str(), static_cast<unsigned long long>(file.bytes));
  for (std::size_t i = 0; i < log.state.runs.size(); ++i) {
    const bool newest = i + 1 == log.state.runs.size();
    const raft::Index last = newest ? log.state.last : log.state.runs[i + 1].first.previous();
    std::printf("term %-8llu entries %llu to %llu\n",
                static_cast<unsigned long long>(log.state.runs[i].term.value()),
                static_cast<unsigned long long>(log.state.runs[i].first.value()),
                static_cast<unsigned long long>(last.value()));
  }
}

}  // namespace

Outcome<void> list(const Parsed& parsed) {
  const std::string directory = wal_directory(parsed.arguments().front());
  TRY_ASSIGN(const raft::Inspected inspected, inspect(directory));
  const auto files = files_of(directory);
  if (parsed.text("write-out") == "jsonl") {
    print_json(files, inspected.log);
  } else {
    print_table(files, inspected.log);
  }
  return {};
}

}  // namespace tools::kvwal
