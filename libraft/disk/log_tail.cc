#include "libraft/disk/log_tail.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "libraft/base/bytes.h"
#include "libraft/disk/crc32c.h"

namespace raft {
namespace {

constexpr std::uint64_t kBlock = 32768;
constexpr std::uint64_t kHeader = 7;
constexpr std::uint64_t kSector = 512;
enum Type : std::uint8_t { kZero = 0, kFull = 1, kFirst = 2, kMiddle = 3, kLast = 4 };

struct Fragment {
  std::uint64_t end = 0;
  Type type = kZero;
};

std::uint64_t block_end(std::uint64_t offset) {
  return (offset / kBlock + 1) * kBlock;
}

bool all_zero(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](char c) { return c == 0; });
}

/// The valid fragment at `offset`, if there is one.
std::optional<Fragment> fragment_at(std::string_view file, std::uint64_t offset) {
  if (offset + kHeader > file.size() || offset + kHeader > block_end(offset)) return std::nullopt;
  ByteReader header(file.substr(offset, kHeader));
  const std::uint32_t crc = header.u32();
  const std::uint64_t length = header.u8() | (static_cast<std::uint64_t>(header.u8()) << 8U);
  const std::uint8_t type = header.u8();
  const std::uint64_t end = offset + kHeader + length;
  if (type < kFull || type > kLast || end > block_end(offset) || end > file.size()) return std::nullopt;
  if (masked(crc32c(file.substr(offset + kHeader - 1, length + 1))) != crc) return std::nullopt;
  return Fragment{end, static_cast<Type>(type)};
}

/// Where the next fragment would start: a block's last few bytes hold none.
std::uint64_t next_start(std::uint64_t offset) {
  return block_end(offset) - offset < kHeader ? block_end(offset) : offset;
}

/// True when a record begins anywhere after the damage: then the damage is not the end of the log.
bool record_begins_after(std::string_view file, std::uint64_t damaged) {
  for (std::uint64_t offset = damaged + 1; offset + kHeader <= file.size(); ++offset) {
    if (file[offset + kHeader - 1] != kFull && file[offset + kHeader - 1] != kFirst) continue;
    const auto fragment = fragment_at(file, offset);
    if (fragment) return true;
  }
  return false;
}

/// True when part of what was to be written at `damaged` never reached the disk.
bool partly_unwritten(std::string_view file, std::uint64_t damaged) {
  std::uint64_t end = file.size();
  if (damaged + kHeader <= file.size()) {
    ByteReader header(file.substr(damaged + 4, 2));
    const std::uint64_t length = header.u8() | (static_cast<std::uint64_t>(header.u8()) << 8U);
    if (damaged + kHeader + length > file.size()) return true;
    end = damaged + kHeader + length;
  } else {
    return true;
  }
  // A sector is written whole or not at all; one that was not still holds the zeros of the preallocation.
  for (std::uint64_t sector = damaged / kSector * kSector; sector < end; sector += kSector) {
    const std::uint64_t from = std::max(sector, damaged);
    const std::uint64_t to = std::min(sector + kSector, file.size());
    if (all_zero(file.substr(from, to - from))) return true;
  }
  return false;
}

std::optional<std::string> newest_log(const std::string& directory) {
  std::optional<std::string> newest;
  std::uint64_t best = 0;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    if (entry.path().extension() != ".log") continue;
    const std::uint64_t number = std::strtoull(entry.path().stem().c_str(), nullptr, 10);
    if (!newest || number > best) {
      best = number;
      newest = entry.path().string();
    }
  }
  return newest;
}

Result<void> cut(const std::string& path, std::uint64_t bytes) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) return fail(ErrorCode::kIo, path, std::strerror(errno));
  const bool done = ::ftruncate(fd, static_cast<off_t>(bytes)) == 0 && ::fsync(fd) == 0;
  const int error = errno;
  ::close(fd);
  if (!done) return fail(ErrorCode::kIo, path, std::strerror(error));
  return {};
}

}  // namespace

LogTail read_log_tail(std::string_view file) {
  LogTail tail;
  bool inside = false;  // between the first and the last fragment of a record
  for (std::uint64_t offset = 0; offset < file.size();) {
    offset = next_start(offset);
    const auto fragment = offset < file.size() ? fragment_at(file, offset) : std::nullopt;
    const bool fits = fragment && (fragment->type == kFull || fragment->type == kFirst) != inside;
    if (!fits) {
      const bool empty = offset >= file.size() || all_zero(file.substr(offset));
      if (empty && !inside) return tail;
      tail.damaged_at = inside && empty ? tail.whole_bytes : std::min<std::uint64_t>(offset, file.size());
      tail.torn = !record_begins_after(file, offset) && (empty || partly_unwritten(file, offset));
      return tail;
    }
    offset = fragment->end;
    inside = fragment->type == kFirst || fragment->type == kMiddle;
    if (!inside) tail.whole_bytes = offset;
  }
  if (inside) {
    tail.damaged_at = tail.whole_bytes;
    tail.torn = true;
  }
  return tail;
}

Result<std::uint64_t> repair_log_tail(const std::string& directory) {
  const auto path = newest_log(directory);
  if (!path) return 0;
  std::ifstream in(*path, std::ios::binary);
  const std::string file{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (in.bad()) return fail(ErrorCode::kIo, *path, "cannot be read");
  const LogTail tail = read_log_tail(file);
  if (!tail.damaged_at) return 0;
  if (!tail.torn) {
    return fail(
        ErrorCode::kCorruption, *path,
        "damaged at byte " + std::to_string(*tail.damaged_at) + ", and not by a write that was cut off");
  }
  RETURN_IF_ERROR(cut(*path, tail.whole_bytes));
  return file.size() - tail.whole_bytes;
}

}  // namespace raft
