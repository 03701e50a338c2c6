#include "tests/sim/env/memory_disk.h"

#include <algorithm>
#include <cstdarg>
#include <utility>

#include "tests/sim/env/background.h"

namespace sim {
namespace {

using leveldb::Slice;
using leveldb::Status;
using File = MemoryDisk::File;

constexpr std::size_t kSectorBytes = 512;
/// Log files are preallocated in production: zeros stand behind what was written.
constexpr std::size_t kPreallocatedMax = 2048;

class Sequential final : public leveldb::SequentialFile {
 public:
  Sequential(const MemoryDisk& disk, std::shared_ptr<File> file) : disk_(disk), file_(std::move(file)) {}

  Status Read(std::size_t n, Slice* result, char* /*scratch*/) override {
    Status status = disk_.read(*file_, at_, n, *result);
    at_ += result->size();
    return status;
  }
  Status Skip(std::uint64_t n) override {
    at_ += n;
    return Status::OK();
  }

 private:
  const MemoryDisk& disk_;
  const std::shared_ptr<File> file_;  // see MemoryDisk::File
  std::uint64_t at_ = 0;
};

class RandomAccess final : public leveldb::RandomAccessFile {
 public:
  RandomAccess(const MemoryDisk& disk, std::shared_ptr<File> file) : disk_(disk), file_(std::move(file)) {}

  Status Read(std::uint64_t offset, std::size_t n, Slice* result, char* /*scratch*/) const override {
    return disk_.read(*file_, offset, n, *result);
  }

 private:
  const MemoryDisk& disk_;
  const std::shared_ptr<File> file_;  // see MemoryDisk::File
};

class Writable final : public leveldb::WritableFile {
 public:
  Writable(MemoryDisk& disk, std::shared_ptr<File> file, std::string path)
      : disk_(disk), file_(std::move(file)), path_(std::move(path)) {}

  Status Append(const Slice& data) override { return disk_.append(*file_, data, path_); }
  Status Sync() override { return disk_.sync(*file_, path_); }
  Status Flush() override { return Status::OK(); }
  Status Close() override { return Status::OK(); }

 private:
  MemoryDisk& disk_;
  const std::shared_ptr<File> file_;  // see MemoryDisk::File
  const std::string path_;
};

class Lock final : public leveldb::FileLock {
 public:
  explicit Lock(std::string locked) : path(std::move(locked)) {}
  const std::string path;
};

class NoLogger final : public leveldb::Logger {
 public:
  void Logv(const char* /*format*/, std::va_list /*arguments*/) override {}
};

/// Sectors written in any order: what did not make it reads as zeros.
void lose_sectors(File& file, Dice& dice) {
  for (std::size_t at = file.synced; at < file.bytes.size();) {
    const std::size_t end = std::min((at / kSectorBytes + 1) * kSectorBytes, file.bytes.size());
    if (dice.percent(50)) {
      std::fill(file.bytes.begin() + static_cast<std::ptrdiff_t>(at),
                file.bytes.begin() + static_cast<std::ptrdiff_t>(end), '\0');
    }
    at = end;
  }
}

/// What a power cut leaves of the unsynced bytes of one file: nothing, all, a prefix, or single sectors. A
/// file that is not preallocated grows as its data arrives, so it is never holed.
void lose_unsynced(File& file, bool is_log, Dice& dice) {
  const std::size_t unsynced = file.bytes.size() - file.synced;
  const std::uint64_t way = dice.below(is_log ? 4 : 3);
  if (way == 0) file.bytes.resize(file.synced);
  if (way == 1) file.bytes.resize(file.synced + dice.below(unsynced + 1));
  if (way == 3) lose_sectors(file, dice);
}

}  // namespace

MemoryDisk::MemoryDisk() : leveldb::EnvWrapper(leveldb::Env::Default()) {}
MemoryDisk::~MemoryDisk() = default;

void MemoryDisk::fail_after(std::uint64_t steps, DiskFault fault) {
  fail_at_ = steps_ + steps;
  fault_ = fault;
}

void MemoryDisk::restart_process() {
  power_off_ = false;
  fault_happened_ = false;
  power_off_at_.reset();
  fail_at_.reset();
  fail_read_at_.reset();
  locked_.clear();
}

bool MemoryDisk::restart(Dice& dice) {
  restart_process();
  bool lost = false;
  for (auto& [path, file] : files_) {
    const bool is_log = path.ends_with(".log");
    if (file->bytes.size() > file->synced) {
      lost = true;
      lose_unsynced(*file, is_log, dice);
    }
    if (is_log && dice.percent(30)) file->bytes.append(dice.below(kPreallocatedMax), '\0');
    file->synced = file->bytes.size();
  }
  return lost;
}

Status MemoryDisk::step(const std::string& path, Kind kind) {
  const std::uint64_t number = steps_++;
  if (power_off_at_ && number >= *power_off_at_) power_off_ = true;
  if (power_off_) return Status::IOError(path, "the power is off");
  if (!fail_at_ || number < *fail_at_) return Status::OK();
  if (fault_ == DiskFault::kSyncLost && kind != Kind::kSync) return Status::OK();
  if (fault_ == DiskFault::kFull && kind != Kind::kAppend) return Status::OK();
  fail_at_.reset();
  fault_happened_ = true;
  return Status::IOError(path, fault_ == DiskFault::kFull ? "No space left on device" : "Input/output error");
}

Status MemoryDisk::append(File& file, const Slice& data, const std::string& path) {
  const bool was_on = !power_off_;
  Status status = step(path, Kind::kAppend);
  if (was_on) file.bytes.append(data.data(), status.ok() ? data.size() : data.size() / 2);
  return status;
}

Status MemoryDisk::sync(File& file, const std::string& path) {
  Status status = step(path, Kind::kSync);
  if (status.ok()) file.synced = file.bytes.size();
  return status;
}

Status MemoryDisk::read(const File& file, std::uint64_t offset, std::size_t count, Slice& out) const {
  out = Slice();
  if (power_off_) return Status::IOError("read", "the power is off");
  if (fail_read_at_ == reads_++) {
    fault_happened_ = true;
    return Status::IOError("read", "Input/output error");
  }
  if (offset < file.bytes.size()) {
    out = Slice(file.bytes.data() + offset, std::min(count, file.bytes.size() - offset));
  }
  return Status::OK();
}

Status MemoryDisk::NewSequentialFile(const std::string& path, leveldb::SequentialFile** result) {
  *result = nullptr;
  Status status = step(path, Kind::kOther);
  if (!status.ok()) return status;
  const auto file = files_.find(path);
  if (file == files_.end()) return Status::NotFound(path, "no such file");
  *result = std::make_unique<Sequential>(*this, file->second).release();
  return status;
}

Status MemoryDisk::NewRandomAccessFile(const std::string& path, leveldb::RandomAccessFile** result) {
  *result = nullptr;
  Status status = step(path, Kind::kOther);
  if (!status.ok()) return status;
  const auto file = files_.find(path);
  if (file == files_.end()) return Status::NotFound(path, "no such file");
  *result = std::make_unique<RandomAccess>(*this, file->second).release();
  return status;
}

Status MemoryDisk::NewWritableFile(const std::string& path, leveldb::WritableFile** result) {
  *result = nullptr;
  Status status = step(path, Kind::kOther);
  if (!status.ok()) return status;
  const auto file = files_[path] = std::make_shared<File>();
  *result = std::make_unique<Writable>(*this, file, path).release();
  return status;
}

Status MemoryDisk::NewAppendableFile(const std::string& path, leveldb::WritableFile** result) {
  *result = nullptr;
  return Status::NotSupported(path, "files are never appended to again");
}

Status MemoryDisk::GetChildren(const std::string& directory, std::vector<std::string>* names) {
  Status status = step(directory, Kind::kOther);
  names->clear();
  const std::string prefix = directory + "/";
  for (auto file = files_.lower_bound(prefix); file != files_.end() && file->first.starts_with(prefix);
       ++file) {
    std::string name = file->first.substr(prefix.size());
    name.resize(std::min(name.size(), name.find('/')));
    if (names->empty() || names->back() != name) names->push_back(std::move(name));
  }
  return status;
}

Status MemoryDisk::GetFileSize(const std::string& path, std::uint64_t* bytes) {
  const auto file = files_.find(path);
  if (file == files_.end()) return Status::NotFound(path, "no such file");
  *bytes = file->second->bytes.size();
  return Status::OK();
}

Status MemoryDisk::RemoveFile(const std::string& path) {
  Status status = step(path, Kind::kOther);
  if (status.ok() && files_.erase(path) == 0) return Status::NotFound(path, "no such file");
  return status;
}

Status MemoryDisk::RenameFile(const std::string& from, const std::string& to) {
  Status status = step(from, Kind::kOther);
  if (!status.ok()) return status;
  const auto file = files_.find(from);
  if (file == files_.end()) return Status::NotFound(from, "no such file");
  const auto moved = file->second;
  files_.erase(file);
  files_[to] = moved;
  return status;
}

Status MemoryDisk::LockFile(const std::string& path, leveldb::FileLock** result) {
  *result = nullptr;
  if (std::exchange(locked_[path], true)) return Status::IOError(path, "in use");
  *result = std::make_unique<Lock>(path).release();
  return Status::OK();
}

Status MemoryDisk::UnlockFile(leveldb::FileLock* given) {
  const std::unique_ptr<Lock> held(static_cast<Lock*>(given));
  locked_.erase(held->path);
  return Status::OK();
}

Status MemoryDisk::NewLogger(const std::string& /*path*/, leveldb::Logger** logger) {
  *logger = std::make_unique<NoLogger>().release();
  return Status::OK();
}

void MemoryDisk::Schedule(void (*function)(void*), void* argument) {
  schedule_background(function, argument);
}

}  // namespace sim
