#!/usr/bin/env node
'use strict'

/**
 * The file's licence.
 */

import fs, { readFile as read, writeFile } from 'node:fs'
import * as path from 'path'
import './side-effect.js'
import {
  one,
  two,
} from './numbers.js'
export { three } from './three.js'
export * from './four.js'
export * as five from "./five.js"

const { join, dirname: dir } = require('path')
const lazy = () => import('./lazy.js')

/** How many. */
const LIMIT = 10, OTHER = 20
let counter

/**
 * Adds.
 * @param {number} a
 */
export function add (a, b) {
  const sum = a + b
  const square = (x) => x * x
  return square(sum)
}

export default async function* walk (tree) {
  yield* tree.children.map(child => walk(child))
}

// A class.
export class Server extends EventEmitter {
  static #count = 0
  name = 'server'
  handle = async (request) => {
    return this.reply(request)
  }

  constructor (options) {
    super()
    this.options = options
    this.close = function () { counter-- }
  }

  get port () { return this.options.port }

  static create (options) {
    return new Server({ ...options, hooks: new Hooks() })
  }

  async #listen () {}
}

const Anonymous = class extends Server {
  stop () {}
}

const routes = {
  index: '/',
  list (request) { return [] },
  show: function (request) {
    const template = `id ${escape(request.id)}`
    return template
  },
  remove: async (request) => {},
  'quoted-name': () => 1,
}

function Reply (response) {
  this.response = response
}

// Sends it.
Reply.prototype.send = function (payload) {
  if (!(this instanceof Reply)) throw new TypeError('not a reply')
}

Object.defineProperty(Reply.prototype, 'sent', { get () { return true } })
Reply.defaults = { status: 200 }

exports.build = function build () {}

module.exports = {
  add,
  Server,
  helper (x) { return x },
}

describe('routes', () => {
  it('lists', async () => {
    expect(routes.list()).toEqual([])
  })
})

app.get('/users/:id', function (request, reply) {
  reply.send(<User name="x"><Avatar.Small /></User>)
})

;(function () {
  function hidden () {}
})()
