#include "tests/crash/flips.h"

#include <algorithm>

#include "libraft/base/random.h"
#include "tests/crash/waits.h"

namespace crash {
namespace {

struct Closed {
  FaultEnv::Moment disk;
  Progress progress;
};

Closed run_and_close(Subject& subject, std::string& fault) {
  FaultEnv disk;
  const Waits waits(disk);
  Promises promises(disk);
  fault = subject.run(disk, promises);
  return {disk.moment(), promises.last()};
}

/// The file, or a place that the format knows.
bool names_the_place(const std::string& text, const std::string& path) {
  const std::string name = path.substr(path.rfind('/') + 1);
  return text.find(name) != std::string::npos || text.find("entry ") != std::string::npos;
}

Found open_flipped(Subject& subject, const Closed& closed, const std::string& path, std::string bytes) {
  FaultEnv disk;
  const Waits waits(disk);
  disk.become(closed.disk);
  disk.set_content(path, std::move(bytes));
  return subject.recover(disk, closed.progress, Subject::Depth::kOpen);
}

}  // namespace

FlipCounts flip_bits(Subject& subject, std::uint64_t seed, std::uint64_t per_file) {
  FlipCounts counts;
  raft::Random random(seed);
  const Closed closed = run_and_close(subject, counts.fault);
  for (const auto& [path, length] : closed.disk.files) {
    ++counts.files;
    const std::size_t stride = std::max<std::size_t>(1, length.bytes / per_file);
    for (std::size_t at = 0; counts.fault.empty() && at < length.bytes; at += stride) {
      const std::size_t place = std::min(length.bytes - 1, at + random.below(stride));
      std::string bytes = length.file->bytes.substr(0, length.bytes);
      bytes[place] = static_cast<char>(bytes[place] ^ (1 << random.below(8)));
      const Found found = open_flipped(subject, closed, path, std::move(bytes));
      const std::string context = path + ", a bit of byte " + std::to_string(place) + ": " + found.fault;
      if (found.fault.empty()) {
        ++counts.harmless;
      } else if (!found.refused) {
        counts.fault = "opened with other content: " + context;
      } else if (!names_the_place(found.fault, path)) {
        counts.fault = "refused without the place: " + context;
      } else {
        ++counts.refused;
      }
    }
  }
  return counts;
}

}  // namespace crash
