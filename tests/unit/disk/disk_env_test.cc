#include "libraft/disk/disk_env.h"

#include <gtest/gtest.h>
#include <leveldb/db.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "libraft/disk/database.h"
#include "libraft/disk/read_lock.h"
#include "tests/support/temporary_directory.h"

namespace raft {
namespace {

using testing::TemporaryDirectory;

std::unique_ptr<leveldb::WritableFile> create(leveldb::Env& env, const std::string& path) {
  leveldb::WritableFile* file = nullptr;
  const leveldb::Status status = env.NewWritableFile(path, &file);
  EXPECT_TRUE(status.ok()) << status.ToString();
  return std::unique_ptr<leveldb::WritableFile>(file);
}

std::string content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

TEST(DiskEnv, WritesOfEverySizeArriveInOrder) {
  TemporaryDirectory directory;
  const auto env = make_disk_env({});
  for (const char* name : {"/a.log", "/a.ldb"}) {
    const auto file = create(*env, directory.path() + name);
    std::string expected;
    for (const std::size_t bytes : {0U, 1U, 65'535U, 2U, 65'536U, 65'537U, 300'000U, 7U}) {
      const std::string part(bytes, static_cast<char>('a' + bytes % 26));
      expected += part;
      ASSERT_TRUE(file->Append(part).ok());
      ASSERT_TRUE(file->Flush().ok());
    }
    ASSERT_TRUE(file->Append("not flushed").ok());
    ASSERT_TRUE(file->Close().ok());
    EXPECT_TRUE(content(directory.path() + name) == expected + "not flushed");
  }
}

TEST(DiskEnv, ASyncOfALogDoesNotChangeItsSize) {
  TemporaryDirectory directory;
  const auto env = make_disk_env({.log_step_bytes = 1U << 20U});
  const std::string path = directory.path() + "/a.log";
  const auto file = create(*env, path);
  ASSERT_TRUE(file->Append("x").ok() && file->Sync().ok());
  const auto size = std::filesystem::file_size(path);
  EXPECT_GE(size, 1U << 20U);
  ASSERT_TRUE(file->Append(std::string(100'000, 'y')).ok() && file->Sync().ok());
  EXPECT_EQ(std::filesystem::file_size(path), size);
  ASSERT_TRUE(file->Close().ok());
  EXPECT_EQ(std::filesystem::file_size(path), 100'001U);
}

TEST(DiskEnv, StopsAtTheReserveBeforeTheDiskIsFull) {
  TemporaryDirectory directory;
  const auto env = make_disk_env({.reserve_bytes = 1ULL << 60U});
  const auto file = create(*env, directory.path() + "/a.log");
  ASSERT_TRUE(file->Append("x").ok());
  EXPECT_FALSE(file->Sync().ok());
  ASSERT_TRUE(env->failed());
  EXPECT_EQ(env->first_error()->code, ErrorCode::kNoSpace);
}

/// The kernel itself refuses the write: the fault is seen, stays, and the log opens again without loss.
TEST(DiskEnv, AWriteThatTheKernelRefusesEndsItAndLosesNothing) {
  TemporaryDirectory directory;
  ASSERT_NE(::signal(SIGXFSZ, SIG_IGN), SIG_ERR);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  leveldb::WriteOptions synced;
  synced.sync = true;
  int acknowledged = 0;
  {
    const auto env = make_disk_env({.log_step_bytes = 4096});
    auto database = open_database(database_options(env.get()), directory.path(), LogPolicy::kAcknowledged);
    ASSERT_TRUE(database) << database.error().text();
    rlimit tight = before;
    tight.rlim_cur = 20'000;
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &tight), 0);
    while ((*database)->Put(synced, std::to_string(acknowledged), std::string(700, 'v')).ok()) ++acknowledged;
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
    EXPECT_TRUE(env->failed());
    EXPECT_FALSE((*database)->Put(synced, "later", "v").ok());
  }
  const auto env = make_disk_env({});
  auto database = open_database(database_options(env.get()), directory.path(), LogPolicy::kAcknowledged);
  ASSERT_TRUE(database) << database.error().text();
  std::string value;
  EXPECT_GT(acknowledged, 10);
  for (int i = 0; i < acknowledged; ++i)
    EXPECT_TRUE((*database)->Get(read_options(), std::to_string(i), &value).ok()) << i;
  EXPECT_TRUE((*database)->Get(read_options(), "later", &value).IsNotFound());
}

/// Finding F7: with a mapped file this would be a SIGBUS.
TEST(DiskEnv, ATableThatBecameShorterIsAStatus) {
  TemporaryDirectory directory;
  const std::string path = directory.path() + "/a.ldb";
  const auto env = make_disk_env({});
  std::ofstream(path) << std::string(100'000, 'x');
  leveldb::RandomAccessFile* raw = nullptr;
  ASSERT_TRUE(env->NewRandomAccessFile(path, &raw).ok());
  const std::unique_ptr<leveldb::RandomAccessFile> file(raw);
  std::filesystem::resize_file(path, 10);
  std::string scratch(100, '\0');
  leveldb::Slice got;
  EXPECT_TRUE(file->Read(50'000, 100, &got, scratch.data()).ok());
  EXPECT_EQ(got.size(), 0U);
}

/// What a child process makes of the directory while this one has it open.
template <class Attempt>
int in_child(Attempt attempt) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(attempt());
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(DiskEnv, ASecondProcessIsRefused) {
  TemporaryDirectory directory;
  const auto env = make_disk_env({});
  auto database = open_database(database_options(env.get()), directory.path(), LogPolicy::kAcknowledged);
  ASSERT_TRUE(database);
  const std::string lock = directory.path() + "/LOCK";
  EXPECT_EQ(in_child([&] {
              const auto other = make_disk_env({});
              leveldb::FileLock* held = nullptr;
              const leveldb::Status status = other->LockFile(lock, &held);
              return !status.ok() && !other->failed() &&
                             status.ToString().find("in use by another process") != std::string::npos
                         ? 7
                         : 1;
            }),
            7);
}

TEST(ReadLock, IsRefusedWhileTheDatabaseIsOpenAndKeepsANodeOut) {
  TemporaryDirectory directory;
  const auto env = make_disk_env({});
  auto database = open_database(database_options(env.get()), directory.path(), LogPolicy::kAcknowledged);
  ASSERT_TRUE(database);
  EXPECT_EQ(in_child([&] {
              const auto lock = ReadLock::take(directory.path());
              return !lock && lock.error().code == ErrorCode::kUnavailable ? 7 : 1;
            }),
            7);
  database->reset();
  const auto lock = ReadLock::take(directory.path());
  ASSERT_TRUE(lock);
  EXPECT_EQ(in_child([&] {
              const auto other = make_disk_env({});
              leveldb::FileLock* held = nullptr;
              const bool reader = ReadLock::take(directory.path()).has_value();
              return reader && !other->LockFile(directory.path() + "/LOCK", &held).ok() ? 7 : 1;
            }),
            7);
}

}  // namespace
}  // namespace raft
