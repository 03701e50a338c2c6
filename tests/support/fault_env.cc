#include "tests/support/fault_env.h"

#include <algorithm>
#include <cstdarg>
#include <cstring>
#include <utility>

namespace raft::testing {
namespace {

using leveldb::Slice;
using leveldb::Status;
using File = FaultEnv::File;

constexpr std::size_t kSectorBytes = 512;

class FaultSequentialFile final : public leveldb::SequentialFile {
 public:
  FaultSequentialFile(const FaultEnv& env, std::shared_ptr<File> file) : env_(env), file_(std::move(file)) {}

  Status Read(std::size_t n, Slice* result, char* scratch) override {
    std::string bytes;
    Status status = env_.read(*file_, at_, n, bytes);
    std::memcpy(scratch, bytes.data(), bytes.size());
    at_ += bytes.size();
    *result = Slice(scratch, bytes.size());
    return status;
  }
  Status Skip(std::uint64_t n) override {
    at_ += n;
    return Status::OK();
  }

 private:
  const FaultEnv& env_;
  const std::shared_ptr<File> file_;  // see FaultEnv::File
  std::uint64_t at_ = 0;
};

class FaultRandomFile final : public leveldb::RandomAccessFile {
 public:
  FaultRandomFile(const FaultEnv& env, std::shared_ptr<File> file) : env_(env), file_(std::move(file)) {}

  Status Read(std::uint64_t offset, std::size_t n, Slice* result, char* scratch) const override {
    std::string bytes;
    Status status = env_.read(*file_, offset, n, bytes);
    std::memcpy(scratch, bytes.data(), bytes.size());
    *result = Slice(scratch, bytes.size());
    return status;
  }

 private:
  const FaultEnv& env_;
  const std::shared_ptr<File> file_;  // see FaultEnv::File
};

class FaultWritableFile final : public leveldb::WritableFile {
 public:
  FaultWritableFile(FaultEnv& env, std::shared_ptr<File> file, std::string path)
      : env_(env), file_(std::move(file)), path_(std::move(path)) {}

  Status Append(const Slice& data) override { return env_.append(*file_, data, path_); }
  Status Sync() override { return env_.sync(*file_, path_); }
  Status Flush() override { return Status::OK(); }
  Status Close() override { return Status::OK(); }

 private:
  FaultEnv& env_;
  const std::shared_ptr<File> file_;  // see FaultEnv::File
  const std::string path_;
};

class FaultLock final : public leveldb::FileLock {
 public:
  explicit FaultLock(std::string locked) : path(std::move(locked)) {}
  const std::string path;
};

class NoLogger final : public leveldb::Logger {
 public:
  void Logv(const char* /*format*/, std::va_list /*arguments*/) override {}
};

/// What the power cut leaves of one file.
void lose(File& file, Loss loss, Random& random) {
  const std::size_t unsynced = file.bytes.size() - file.synced;
  if (unsynced == 0) return;
  switch (loss) {
    case Loss::kEverything:
      file.bytes.resize(file.synced);
      return;
    case Loss::kSuffix:
      file.bytes.resize(file.synced + random.below(unsynced + 1));
      return;
    case Loss::kNothing:
      return;
    case Loss::kSectorEnd: {
      const std::size_t kept = file.synced + random.below(unsynced + 1);
      file.bytes.resize(std::max(file.synced, kept / kSectorBytes * kSectorBytes));
      return;
    }
    case Loss::kSectors:
      for (std::size_t at = file.synced; at < file.bytes.size();) {
        const std::size_t end = std::min((at / kSectorBytes + 1) * kSectorBytes, file.bytes.size());
        if (random.below(2) == 0) std::fill(file.bytes.begin() + at, file.bytes.begin() + end, '\0');
        at = end;
      }
      return;
  }
}

}  // namespace

FaultEnv::FaultEnv(Background background)
    : leveldb::EnvWrapper(leveldb::Env::Default()), background_(background) {}
FaultEnv::~FaultEnv() = default;

void FaultEnv::fail_step(std::uint64_t steps_from_now, std::string message) {
  std::lock_guard lock(mutex_);
  fail_at_ = steps_ + steps_from_now;
  fail_message_ = std::move(message);
}

void FaultEnv::fail_read(std::uint64_t reads_from_now) {
  std::lock_guard lock(mutex_);
  fail_read_at_ = reads_ + reads_from_now;
}

std::uint64_t FaultEnv::reads() const {
  std::lock_guard lock(mutex_);
  return reads_;
}

void FaultEnv::record() {
  std::lock_guard lock(mutex_);
  recording_ = true;
}

FaultEnv::Moment FaultEnv::moment_now() const {
  Moment moment;
  for (const auto& [path, file] : files_) moment.files[path] = {file, file->bytes.size(), file->synced};
  return moment;
}

FaultEnv::Moment FaultEnv::moment() const {
  std::lock_guard lock(mutex_);
  return moment_now();
}

void FaultEnv::become(const Moment& moment) {
  std::lock_guard lock(mutex_);
  files_.clear();
  for (const auto& [path, length] : moment.files) {
    files_[path] = std::make_shared<File>(
        File{.bytes = length.file->bytes.substr(0, length.bytes), .synced = length.synced});
  }
}

void FaultEnv::cut_power(std::uint64_t steps_from_now) {
  std::lock_guard lock(mutex_);
  power_off_at_ = steps_ + steps_from_now;
}

bool FaultEnv::power_is_off() const {
  std::lock_guard lock(mutex_);
  return power_off_;
}

void FaultEnv::power_on(Loss loss, Random& random, std::size_t zeros) {
  std::lock_guard lock(mutex_);
  power_off_ = false;
  power_off_at_.reset();
  fail_at_.reset();
  fail_read_at_.reset();
  locked_.clear();
  for (auto& [path, file] : files_) {
    lose(*file, loss, random);
    if (path.ends_with(".log")) file->bytes.append(zeros, '\0');
    file->synced = file->bytes.size();
    file->pages_dropped = false;
  }
}

std::uint64_t FaultEnv::steps() const {
  std::lock_guard lock(mutex_);
  return steps_;
}

std::string FaultEnv::content(const std::string& path) const {
  std::lock_guard lock(mutex_);
  const auto file = find(path);
  return file == nullptr ? std::string() : file->bytes;
}

void FaultEnv::set_content(const std::string& path, std::string content) {
  std::lock_guard lock(mutex_);
  const std::size_t bytes = content.size();
  files_[path] = std::make_shared<File>(File{.bytes = std::move(content), .synced = bytes});
}

std::vector<std::string> FaultEnv::files() const {
  std::lock_guard lock(mutex_);
  std::vector<std::string> paths;
  for (const auto& [path, file] : files_) paths.push_back(path);
  return paths;
}

std::map<std::string, std::string> FaultEnv::image() const {
  std::lock_guard lock(mutex_);
  std::map<std::string, std::string> image;
  for (const auto& [path, file] : files_) image[path] = file->bytes;
  return image;
}

void FaultEnv::restore(const std::map<std::string, std::string>& image) {
  std::lock_guard lock(mutex_);
  files_.clear();
  for (const auto& [path, bytes] : image)
    files_[path] = std::make_shared<File>(File{.bytes = bytes, .synced = bytes.size()});
}

void FaultEnv::run_background() {
  for (;;) {
    Work work{};
    {
      std::lock_guard lock(mutex_);
      if (queue_.empty()) return;
      work = queue_.front();
      queue_.pop_front();
    }
    work.function(work.argument);
  }
}

bool FaultEnv::background_is_due() const {
  std::lock_guard lock(mutex_);
  return !queue_.empty();
}

Status FaultEnv::step(const std::string& path) {
  if (recording_) moments_.push_back(moment_now());
  const std::uint64_t number = steps_++;
  if (power_off_at_ && number >= *power_off_at_) power_off_ = true;
  if (power_off_) return Status::IOError(path, "the power is off");
  if (fail_at_ == number) return Status::IOError(path, fail_message_);
  return Status::OK();
}

std::shared_ptr<File> FaultEnv::find(const std::string& path) const {
  const auto found = files_.find(path);
  return found == files_.end() ? nullptr : found->second;
}

Status FaultEnv::append(File& file, const Slice& data, const std::string& path) {
  std::lock_guard lock(mutex_);
  Status status = step(path);
  if (power_off_) return status;
  file.bytes.append(data.data(), status.ok() ? data.size() : data.size() / 2);
  return status;
}

Status FaultEnv::sync(File& file, const std::string& path) {
  std::lock_guard lock(mutex_);
  Status status = step(path);
  if (!status.ok()) file.pages_dropped = true;
  if (status.ok() && !file.pages_dropped) file.synced = file.bytes.size();
  return status;
}

Status FaultEnv::read(const File& file, std::uint64_t offset, std::size_t count, std::string& out) const {
  std::lock_guard lock(mutex_);
  if (power_off_) return Status::IOError("read", "the power is off");
  if (fail_read_at_ == reads_++) return Status::IOError("read", "injected fault");
  out = offset < file.bytes.size() ? file.bytes.substr(offset, count) : std::string();
  return Status::OK();
}

Status FaultEnv::NewSequentialFile(const std::string& path, leveldb::SequentialFile** result) {
  *result = nullptr;
  std::lock_guard lock(mutex_);
  Status status = step(path);
  if (!status.ok()) return status;
  const auto file = find(path);
  if (file == nullptr) return Status::NotFound(path, "no such file");
  *result = std::make_unique<FaultSequentialFile>(*this, file).release();
  return status;
}

Status FaultEnv::NewRandomAccessFile(const std::string& path, leveldb::RandomAccessFile** result) {
  *result = nullptr;
  std::lock_guard lock(mutex_);
  Status status = step(path);
  if (!status.ok()) return status;
  const auto file = find(path);
  if (file == nullptr) return Status::NotFound(path, "no such file");
  *result = std::make_unique<FaultRandomFile>(*this, file).release();
  return status;
}

Status FaultEnv::NewWritableFile(const std::string& path, leveldb::WritableFile** result) {
  *result = nullptr;
  std::lock_guard lock(mutex_);
  Status status = step(path);
  if (!status.ok()) return status;
  const auto file = files_[path] = std::make_shared<File>();
  *result = std::make_unique<FaultWritableFile>(*this, file, path).release();
  return status;
}

Status FaultEnv::NewAppendableFile(const std::string& path, leveldb::WritableFile** result) {
  *result = nullptr;
  return Status::NotSupported(path, "files are never appended to again");
}

bool FaultEnv::FileExists(const std::string& path) {
  std::lock_guard lock(mutex_);
  return find(path) != nullptr;
}

Status FaultEnv::GetChildren(const std::string& directory, std::vector<std::string>* names) {
  std::lock_guard lock(mutex_);
  Status status = step(directory);
  names->clear();
  for (const auto& [path, file] : files_) {
    if (path.starts_with(directory + "/")) names->push_back(path.substr(directory.size() + 1));
  }
  return status;
}

Status FaultEnv::GetFileSize(const std::string& path, std::uint64_t* bytes) {
  std::lock_guard lock(mutex_);
  const auto file = find(path);
  if (file == nullptr) return Status::NotFound(path, "no such file");
  *bytes = file->bytes.size();
  return Status::OK();
}

Status FaultEnv::RemoveFile(const std::string& path) {
  std::lock_guard lock(mutex_);
  Status status = step(path);
  if (status.ok() && files_.erase(path) == 0) return Status::NotFound(path, "no such file");
  return status;
}

Status FaultEnv::CreateDir(const std::string& path) {
  std::lock_guard lock(mutex_);
  return step(path);
}

Status FaultEnv::RenameFile(const std::string& from, const std::string& to) {
  std::lock_guard lock(mutex_);
  Status status = step(from);
  if (!status.ok()) return status;
  const auto file = find(from);
  if (file == nullptr) return Status::NotFound(from, "no such file");
  files_.erase(from);
  files_[to] = file;
  return status;
}

Status FaultEnv::LockFile(const std::string& path, leveldb::FileLock** result) {
  *result = nullptr;
  std::lock_guard lock(mutex_);
  if (std::exchange(locked_[path], true)) return Status::IOError(path, "in use");
  *result = std::make_unique<FaultLock>(path).release();
  return Status::OK();
}

Status FaultEnv::UnlockFile(leveldb::FileLock* given) {
  const std::unique_ptr<FaultLock> held(static_cast<FaultLock*>(given));
  std::lock_guard lock(mutex_);
  locked_.erase(held->path);
  return Status::OK();
}

Status FaultEnv::NewLogger(const std::string& /*path*/, leveldb::Logger** logger) {
  *logger = std::make_unique<NoLogger>().release();
  return Status::OK();
}

void FaultEnv::Schedule(void (*function)(void*), void* argument) {
  if (background_ == Background::kThread) {
    target()->Schedule(function, argument);
    return;
  }
  std::lock_guard lock(mutex_);
  queue_.push_back({function, argument});
}

/// Only for LevelDB's statistics: always the same in the same run.
std::uint64_t FaultEnv::NowMicros() {
  std::lock_guard lock(mutex_);
  return ++clock_micros_;
}

}  // namespace raft::testing
