#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tools/common/exit_codes.h"
#include "tools/kvd/preflight.h"

namespace tools::kvd {
namespace {

class PreflightTest : public ::testing::Test {
 protected:
  PreflightTest() {
    std::string pattern = ::testing::TempDir() + "preflight-XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
    config_.data_dir = directory_ + "/data";
    config_.wal_dir = directory_ + "/data/wal";
  }
  ~PreflightTest() override { std::filesystem::remove_all(directory_); }

  void expect_obstacle(int exit_code, const std::string& words) {
    const auto obstacle = find_obstacle(config_);
    ASSERT_TRUE(obstacle) << words;
    EXPECT_EQ(obstacle->exit_code, exit_code) << obstacle->text;
    EXPECT_NE(obstacle->text.find(words), std::string::npos) << obstacle->text;
  }

  std::string directory_;
  Config config_;
};

TEST_F(PreflightTest, ADirectoryThatIsNotThereYetIsFineAndIsNotMade) {
  EXPECT_FALSE(find_obstacle(config_));
  EXPECT_FALSE(std::filesystem::exists(config_.data_dir));
}

TEST_F(PreflightTest, ARelativeDirectoryIsFine) {
  config_.data_dir = "no-such-directory-yet.etcd";
  config_.wal_dir = "no-such-directory-yet.etcd/wal";
  EXPECT_FALSE(find_obstacle(config_));
}

TEST_F(PreflightTest, AFileInTheDirectorysPlaceIsNamed) {
  std::ofstream(config_.data_dir) << "x";
  expect_obstacle(kExitCantCreate, config_.data_dir + ": is not a directory; see --data-dir");
}

TEST_F(PreflightTest, AMissingCertificateIsNamedWithItsOption) {
  config_.peer_key_file = directory_ + "/key.pem";
  expect_obstacle(kExitNoInput, directory_ + "/key.pem: No such file or directory; see --peer-key-file");
  std::ofstream(config_.peer_key_file) << "x";
  EXPECT_FALSE(find_obstacle(config_));
}

/// The exit code that somebody without rights would get.
int exit_code_as_nobody(const Config& config) {
  constexpr uid_t kNobody = 65534;
  const pid_t child = ::fork();
  if (child == 0) {
    if (::geteuid() == 0 && ::setuid(kNobody) != 0) ::_exit(1);
    const auto obstacle = find_obstacle(config);
    ::_exit(obstacle ? obstacle->exit_code : 0);
  }
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST_F(PreflightTest, WhatMayNotBeWrittenOrReadIsAMatterOfPermission) {
  namespace fs = std::filesystem;
  fs::create_directory(config_.data_dir);
  fs::permissions(directory_, fs::perms::owner_all | fs::perms::others_exec);
  fs::permissions(config_.data_dir, fs::perms::owner_read);
  EXPECT_EQ(exit_code_as_nobody(config_), kExitNoPermission);
  config_.cert_file = directory_ + "/cert.pem";
  std::ofstream(config_.cert_file) << "x";
  fs::permissions(config_.cert_file, fs::perms::none);
  EXPECT_EQ(exit_code_as_nobody(config_), kExitNoPermission);
  fs::permissions(config_.data_dir, fs::perms::owner_all);
}

}  // namespace
}  // namespace tools::kvd
