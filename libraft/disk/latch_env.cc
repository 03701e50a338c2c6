#include "libraft/disk/latch_env.h"

#include <cstdarg>
#include <utility>

#include "libraft/disk/database.h"
#include "libraft/disk/no_logger.h"

namespace raft {
namespace {

using leveldb::Slice;
using leveldb::Status;

class LatchSequentialFile final : public leveldb::SequentialFile {
 public:
  LatchSequentialFile(leveldb::SequentialFile* target, std::shared_ptr<Latch> latch)
      : target_(target), latch_(std::move(latch)) {}

  Status Read(std::size_t n, Slice* result, char* scratch) override {
    return latch_->pass(target_->Read(n, result, scratch));
  }
  Status Skip(std::uint64_t n) override { return latch_->pass(target_->Skip(n)); }

 private:
  const std::unique_ptr<leveldb::SequentialFile> target_;
  const std::shared_ptr<Latch> latch_;  // the env's
};

/// Reads go on after a fault: what is on disk is still what was acknowledged.
class LatchRandomFile final : public leveldb::RandomAccessFile {
 public:
  LatchRandomFile(leveldb::RandomAccessFile* target, std::shared_ptr<Latch> latch)
      : target_(target), latch_(std::move(latch)) {}

  Status Read(std::uint64_t offset, std::size_t n, Slice* result, char* scratch) const override {
    return latch_->pass(target_->Read(offset, n, result, scratch));
  }

 private:
  const std::unique_ptr<leveldb::RandomAccessFile> target_;
  const std::shared_ptr<Latch> latch_;  // the env's
};

class LatchWritableFile final : public leveldb::WritableFile {
 public:
  LatchWritableFile(leveldb::WritableFile* target, bool log, std::shared_ptr<Latch> latch)
      : target_(target), log_(log), latch_(std::move(latch)) {}
  ~LatchWritableFile() override { (void)LatchWritableFile::Close(); }

  Status Append(const Slice& data) override {
    return guarded([&] { return target_->Append(data); });
  }
  Status Flush() override {
    return guarded([&] { return target_->Flush(); });
  }
  Status Sync() override {
    return guarded([&] { return target_->Sync(); });
  }
  /// A log file that is closed is one that LevelDB rotated away from: unsynced, its writes would be lost from
  /// the middle of the history (finding F2). LevelDB closes it by destruction and asks nothing (F6); the
  /// latch remembers.
  Status Close() override {
    if (std::exchange(closed_, true)) return latch_->status();
    return guarded([&] {
      Status status = log_ ? target_->Sync() : Status::OK();
      return status.ok() ? target_->Close() : status;
    });
  }

 private:
  template <class Call>
  Status guarded(Call call) {
    if (latch_->failed()) return latch_->status();
    return latch_->pass(call());
  }

  const std::unique_ptr<leveldb::WritableFile> target_;
  const bool log_;
  const std::shared_ptr<Latch> latch_;  // the env's
  bool closed_ = false;
};

/// What every opening has in common: the latch before, the latch after, the wrapper around.
template <class Wrapper, class File, class... Extra>
Status wrap(Status status, const std::shared_ptr<Latch>& latch, File* target, File** file, Extra... extra) {
  if (latch->pass(status).ok()) *file = std::make_unique<Wrapper>(target, extra..., latch).release();
  return status;
}

}  // namespace

LatchEnv::LatchEnv(leveldb::Env* target) : leveldb::EnvWrapper(target), latch_(std::make_shared<Latch>()) {}

LatchEnv::LatchEnv(std::unique_ptr<leveldb::Env> target)
    : leveldb::EnvWrapper(target.get()), owned_(std::move(target)), latch_(std::make_shared<Latch>()) {}

LatchEnv::~LatchEnv() = default;

std::optional<Error> LatchEnv::first_error() const {
  if (!latch_->failed()) return std::nullopt;
  return database_error(latch_->status(), "disk");
}

Status LatchEnv::NewSequentialFile(const std::string& path, leveldb::SequentialFile** file) {
  *file = nullptr;
  if (latch_->failed()) return latch_->status();
  leveldb::SequentialFile* opened = nullptr;
  Status status = target()->NewSequentialFile(path, &opened);
  return wrap<LatchSequentialFile>(status, latch_, opened, file);
}

Status LatchEnv::NewRandomAccessFile(const std::string& path, leveldb::RandomAccessFile** file) {
  *file = nullptr;
  leveldb::RandomAccessFile* opened = nullptr;
  Status status = target()->NewRandomAccessFile(path, &opened);
  return wrap<LatchRandomFile>(status, latch_, opened, file);
}

Status LatchEnv::NewWritableFile(const std::string& path, leveldb::WritableFile** file) {
  *file = nullptr;
  if (latch_->failed()) return latch_->status();
  leveldb::WritableFile* opened = nullptr;
  Status status = target()->NewWritableFile(path, &opened);
  return wrap<LatchWritableFile>(status, latch_, opened, file, path.ends_with(".log"));
}

Status LatchEnv::NewAppendableFile(const std::string& path, leveldb::WritableFile** file) {
  // Only reuse_logs wants it, which loses data after a torn tail (finding F3).
  *file = nullptr;
  return Status::NotSupported(path, "files are never appended to again");
}

Status LatchEnv::GetChildren(const std::string& directory, std::vector<std::string>* names) {
  return guarded([&] { return target()->GetChildren(directory, names); });
}
Status LatchEnv::GetFileSize(const std::string& path, std::uint64_t* bytes) {
  return guarded([&] { return target()->GetFileSize(path, bytes); });
}
Status LatchEnv::RemoveFile(const std::string& path) {
  return guarded([&] { return target()->RemoveFile(path); });
}
Status LatchEnv::CreateDir(const std::string& path) {
  return guarded([&] { return target()->CreateDir(path); });
}
Status LatchEnv::RenameFile(const std::string& from, const std::string& to) {
  return guarded([&] { return target()->RenameFile(from, to); });
}

Status LatchEnv::NewLogger(const std::string& /*path*/, leveldb::Logger** logger) {
  *logger = std::make_unique<NoLogger>().release();
  return Status::OK();
}

}  // namespace raft
