#include "libraft/disk/log_tail.h"

#include <algorithm>
#include <string>

#include "libraft/base/bytes.h"
#include "libraft/disk/log_fragment.h"

namespace raft {
namespace {

/// What a disk writes whole or not at all.
constexpr std::uint64_t kSectorBytes = 512;

bool all_zero(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](char c) { return c == 0; });
}

std::string_view range(std::string_view file, std::uint64_t from, std::uint64_t to) {
  return file.substr(from, std::min<std::uint64_t>(to, file.size()) - from);
}

/// A record begins in the block at `offset`, reached by walking its fragments.
bool block_begins_record(std::string_view file, std::uint64_t offset) {
  const std::uint64_t end = std::min<std::uint64_t>(offset + kLogBlockBytes, file.size());
  while (offset < end) {
    const auto fragment = fragment_at(file, offset);
    if (!fragment) return false;
    if (begins_record(fragment->type)) return true;
    offset = fragment->end;
  }
  return false;
}

/// True when a record begins anywhere after the damage: then the damage is not the end of the log. In the
/// damaged block it may begin anywhere; a later block begins with a fragment.
bool record_begins_after(std::string_view file, std::uint64_t damaged) {
  const FragmentHeader header = header_at(file, damaged);
  const std::uint64_t block_end = log_block_end(damaged);
  for (std::uint64_t at = header.plausible ? header.end : damaged + 1; at < block_end; ++at) {
    if (at + kLogHeaderBytes > file.size()) return false;
    if (!begins_record(static_cast<std::uint8_t>(file[at + kLogHeaderBytes - 1]))) continue;
    if (fragment_at(file, at)) return true;
  }
  for (std::uint64_t block = block_end; block < file.size(); block += kLogBlockBytes) {
    if (block_begins_record(file, block)) return true;
  }
  return false;
}

bool has_zero_sector(std::string_view file, std::uint64_t from, std::uint64_t to) {
  for (std::uint64_t sector = from / kSectorBytes * kSectorBytes; sector < to; sector += kSectorBytes) {
    if (all_zero(range(file, std::max(sector, from), std::min(sector + kSectorBytes, to)))) return true;
  }
  return false;
}

/// True when part of what was to be written at `damaged` never reached the disk.
bool partly_unwritten(std::string_view file, std::uint64_t damaged, RecordEnd record_end) {
  const FragmentHeader header = header_at(file, damaged);
  // Half a header is the other half and zeros: it never has a greater length or another type than the whole.
  if (header.type > kLast || header.end > log_block_end(damaged)) return false;
  if (header.end > file.size() || has_zero_sector(file, damaged, header.end)) return true;
  // Bytes reach the disk in order as a rule, and then the last one is missing, or the rest of the record is.
  const bool last_is_zero = file[header.end - 1] == 0;
  if (header.type == kUnwritten) return last_is_zero;
  if (ends_record(header.type)) return last_is_zero && record_end == RecordEnd::kNeverZero;
  return !fragment_at(file, next_fragment(header.end));
}

/// One bit flipped in the zeros that no record ever reached.
bool single_bit_in_zeros(std::string_view rest) {
  int bits = 0;
  for (const char c : rest) {
    bits += __builtin_popcount(static_cast<std::uint8_t>(c));
    if (bits > 1) return false;
  }
  return bits == 1;
}

bool is_torn(std::string_view file, std::uint64_t damaged, RecordEnd end) {
  if (record_begins_after(file, damaged)) return false;
  if (single_bit_in_zeros(file.substr(damaged))) return true;
  return !is_flipped_bit(file, damaged) && partly_unwritten(file, damaged, end);
}

}  // namespace

LogTail read_log_tail(std::string_view file, RecordEnd end, const RecordVisitor& visit) {
  LogTail tail{.used_bytes = file.find_last_not_of('\0') + 1};
  std::string record;
  bool inside = false;  // between the first and the last fragment of a record
  for (std::uint64_t offset = 0; offset < file.size();) {
    offset = next_fragment(offset);
    if (offset >= file.size()) break;
    const auto fragment = fragment_at(file, offset);
    if (!fragment || begins_record(fragment->type) == inside) {
      const bool zeros = all_zero(file.substr(offset));
      if (zeros && !inside) return tail;
      tail.damaged_at = offset;
      tail.torn = zeros || is_torn(file, offset, end);
      return tail;
    }
    offset = fragment->end;
    if (visit) record.append(fragment->payload);
    inside = !ends_record(fragment->type);
    if (inside) continue;
    tail.whole_bytes = offset;
    ++tail.records;
    if (visit) visit(record);
    record.clear();
  }
  if (inside) {
    tail.damaged_at = file.size();
    tail.torn = true;
  }
  return tail;
}

}  // namespace raft
