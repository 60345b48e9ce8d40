# brew.rb FORMULA SYSTEM CPU PREFIX: the part of Homebrew that a formula of archives uses. Downloads what the formula names
# for a system (macos, linux) and a processor (arm, intel), checks its sum, installs it below PREFIX, runs the formula's
# test, and prints the command of its service.

require "digest"
require "fileutils"
require "open3"
require "open-uri"
require "pathname"
require "tmpdir"

FORMULA, SYSTEM, CPU, ROOT = ARGV
PREFIX = Pathname.new(ROOT).expand_path

class Folder < Pathname
  # Copies files into this folder; a hash gives them other names.
  def install(*sources)
    mkpath
    sources.flatten.each do |source|
      pairs = source.is_a?(Hash) ? source : { source => File.basename(source) }
      pairs.each { |from, name| FileUtils.mv(from, self / name) }
    end
  end
end

class Service
  attr_reader :command

  def run(command) = @command = command.map(&:to_s)
  def method_missing(name, *) = %i[keep_alive log_path error_log_path].include?(name) ? nil : super
  def respond_to_missing?(name, *) = %i[keep_alive log_path error_log_path].include?(name)
  def opt_bin = PREFIX / "bin"
  def var = PREFIX / "var"
end

class Formula
  class << self
    attr_reader :values, :test_block, :service_block

    %i[desc homepage version license url sha256].each do |name|
      define_method(name) do |value = nil|
        @values ||= {}
        raise "#{name} twice" if value && @values.key?(name)
        value ? @values[name] = value : @values.fetch(name)
      end
    end

    def inherited(formula) = (@@formula = formula)
    def chosen = @@formula
    def on_macos = SYSTEM == "macos" && yield
    def on_linux = SYSTEM == "linux" && yield
    def on_arm = CPU == "arm" && yield
    def on_intel = CPU == "intel" && yield
    def test(&block) = @test_block = block
    def service(&block) = @service_block = block
  end

  FOLDERS = {
    bin: "bin", man1: "share/man/man1", bash_completion: "etc/bash_completion.d",
    zsh_completion: "share/zsh/site-functions", fish_completion: "share/fish/vendor_completions.d"
  }.freeze
  FOLDERS.each { |name, path| define_method(name) { Folder.new(PREFIX / path) } }

  def version = self.class.version

  def shell_output(command)
    output, status = Open3.capture2(command)
    raise "#{command}: #{status}" unless status.success?
    output
  end

  def pipe_output(command, input, expected)
    output, status = Open3.capture2(command, stdin_data: input)
    raise "#{command}: #{status}" unless status.exitstatus == expected
    output
  end

  def assert_match(expected, actual) = actual.match?(expected) || raise("no #{expected} in #{actual}")
  def assert_equal(expected, actual) = expected == actual || raise("#{actual} isn't #{expected}")
end

load FORMULA
formula = Formula.chosen
archive = URI.parse(formula.url).open.read
raise "the checksum is wrong" unless Digest::SHA256.hexdigest(archive) == formula.sha256
raise "the description is longer than Homebrew allows" if formula.desc.length > 80
if SYSTEM == "linux"
  Dir.mktmpdir do |folder|
    File.binwrite("#{folder}/archive.tar.gz", archive)
    Dir.chdir(folder) do
      # As Homebrew does, into the only folder of the archive.
      system("tar", "-xzf", "archive.tar.gz", exception: true)
      Dir.chdir(Dir.glob("*/").first) { formula.new.install }
    end
  end
  formula.new.instance_eval(&formula.test_block)
end
service = Service.new
service.instance_eval(&formula.service_block)
puts service.command.join(" ")
