#!/usr/bin/env ruby
# frozen_string_literal: true

require 'json'
require "puma/server"
require_relative 'session/store'
autoload :Token, "auth/token"
load File.expand_path("x.rb")

# Auth.
module Auth
  # How long a token lives.
  LIFETIME = 3600
  NAMES = %w[
    access
    refresh
  ].freeze

  class Error < StandardError; end
  Expired = Class.new(Error)
  Point = Struct.new(:x, :y) do
    def length
      Math.sqrt(x * x + y * y)
    end
  end

  # A session.
  class Session < Base
    include Comparable
    extend Forwardable

    attr_reader :user, :token
    attr_accessor :limit
    def_delegators :@store, :load, :save

    class << self
      # Makes one.
      def create(user, **options, &block)
        new(user: user, **options, &block)
      end
    end

    def self.find(id)
      store.load(id) or raise Error, "no session #{id}"
    end

    def initialize(user:, token: nil)
      @user = user
      local = 1
    end

    def <=>(other)
      user <=> other.user
    end

    def valid? = !token.nil?

    def token=(value)
      @token = value
    end

    define_method(:refresh) do |force|
      Token.new(force)
    end

    alias_method :old, :refresh
    alias reload refresh

    scope :active, -> { where(active: true) }

    private

    def secret
      <<~TEXT
        a here document #{user}
      TEXT
    end
  end
end

class Auth::Session::Store
  def [](key)
    @data[key]
  end
end

def helper(a, b = 2) = a + b

RSpec.describe Auth::Session do
  let(:session) { described_class.new }

  context "when expired" do
    before do
      session.expire
    end

    it "refreshes" do
      expect(session.refresh).to be_valid
    end
  end
end

namespace :db do
  desc "Migrates"
  task :migrate, [:version] => :environment do |t, args|
    Migrator.run(args)
  end
end

get "/users/:id" do
  json User.find(params[:id])
end

=begin
A block comment.
=end
