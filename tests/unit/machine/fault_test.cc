// A disk that fails under the machine: the error is final and nothing of the batch is seen.
#include <leveldb/env.h>

#include "tests/unit/machine/machine_fixture.h"

namespace kv {
namespace {

/// A file that refuses appends while its env is told to.
class RefusingFile : public leveldb::WritableFile {
 public:
  RefusingFile(std::unique_ptr<leveldb::WritableFile> file, const bool& refuses)
      : file_(std::move(file)), refuses_(refuses) {}
  leveldb::Status Append(const leveldb::Slice& data) override {
    return refuses_ ? leveldb::Status::IOError("the disk", "refused") : file_->Append(data);
  }
  leveldb::Status Close() override { return file_->Close(); }
  leveldb::Status Flush() override { return file_->Flush(); }
  leveldb::Status Sync() override {
    return refuses_ ? leveldb::Status::IOError("the disk", "refused") : file_->Sync();
  }

 private:
  const std::unique_ptr<leveldb::WritableFile> file_;
  const bool& refuses_;
};

class RefusingEnv : public leveldb::EnvWrapper {
 public:
  RefusingEnv() : EnvWrapper(leveldb::Env::Default()) {}
  leveldb::Status NewWritableFile(const std::string& name, leveldb::WritableFile** file) override {
    leveldb::WritableFile* opened = nullptr;
    leveldb::Status status = target()->NewWritableFile(name, &opened);
    if (!status.ok()) return status;
    *file = std::make_unique<RefusingFile>(std::unique_ptr<leveldb::WritableFile>(opened), refuses).release();
    return status;
  }

  bool refuses = false;
};

class Fault : public MachineTest {
 protected:
  void SetUp() override {
    open_on(env_);
    put("a", "1");
  }

  void TearDown() override { machine_.reset(); }  // before its env

  void open_on(leveldb::Env& env) {
    machine_.reset();
    options_.env = &env;
    options_.path = directory_.path();
    auto opened = Machine::open(options_);
    ASSERT_TRUE(opened);
    machine_ = std::move(*opened);
  }

  raft::Result<std::vector<Applied>> apply_put(const std::string& value) {
    const raft::Entry entry = next_entry(encode_command(kSelf, 1, PutOp{.key = "a", .value = value}));
    return machine_->apply({&entry, 1});
  }

  RefusingEnv env_;
};

TEST_F(Fault, AFailedBatchIsNeverSeen) {
  env_.refuses = true;
  const auto applied = apply_put("2");
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().code, raft::ErrorCode::kIo);
  EXPECT_EQ(get("a")->value, "1");
  EXPECT_EQ(machine_->view().revision(), 2);
}

TEST_F(Fault, TheFirstFaultIsFinal) {
  env_.refuses = true;
  const auto first = apply_put("2");
  env_.refuses = false;
  const raft::Entry entry{
      .index = raft::Index(2), .term = raft::Term(3), .type = raft::EntryType::kNoop, .payload = {}};
  EXPECT_EQ(machine_->apply({&entry, 1}).error(), first.error());
  EXPECT_EQ(machine_->compact_some().error(), first.error());
  EXPECT_EQ(machine_->sync().error(), first.error());
}

TEST_F(Fault, AFailedSyncIsFinal) {
  env_.refuses = true;
  EXPECT_FALSE(machine_->sync());
  env_.refuses = false;
  EXPECT_FALSE(machine_->sync());
}

TEST_F(Fault, TheStateBeforeTheFaultOpensAgain) {
  env_.refuses = true;
  EXPECT_FALSE(apply_put("2"));
  env_.refuses = false;
  open_on(*leveldb::Env::Default());
  EXPECT_EQ(get("a")->value, "1");
  EXPECT_EQ(machine_->applied().index, raft::Index(1));
}

}  // namespace
}  // namespace kv
