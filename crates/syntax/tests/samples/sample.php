<?php

declare(strict_types=1);

/* Sessions. */

namespace Example\Auth;

use Example\Store\{Memory, File as FileStore};
use Psr\Http\Message\RequestInterface;
use function Example\helper;
use const Example\LIMIT;

require_once __DIR__ . '/bootstrap.php';
include 'legacy.php';

const LIFETIME = 3600;
define('NAMES', ['access', 'refresh']);

/**
 * A session.
 */
#[Entity(table: "sessions")]
abstract class Session extends Base implements \Countable, JsonSerializable
{
    use Loggable, Cacheable;

    /** How long it lives. */
    public const LIFETIME = 3600;
    private static ?Session $instance = null;
    protected array $tokens = [
        'access' => null,
    ], $other;

    /** Makes one. */
    public function __construct(
        private readonly Store $store,
        protected string $name = "web",
    ) {
        parent::__construct();
    }

    #[Pure]
    public static function create(array $options = []): static
    {
        $callback = function ($x) use ($options) { return $x; };
        $arrow = fn (int $x): int => $x + 1;
        return new static(new Memory($options), "name {$options['name']}");
    }

    abstract protected function find(string $id): ?Token;

    public function &refresh(): array
    {
        $this->store->save($this);
        self::create()->flush();
        return helper($this->tokens);
    }
}

interface Store
{
    public function load(string $key): ?Session;
}

trait Loggable
{
    private $logger;

    public function log(string $text): void
    {
        $this->logger->info(<<<TEXT
            logged $text
            TEXT);
    }
}

enum Level: string implements HasLabel
{
    case Debug = 'debug';
    case Info = 'info';

    const DEFAULT = self::Info;

    public function label(): string
    {
        return ucfirst($this->value);
    }
}

// A function.
function helper(array $items, callable ...$rest): array
{
    if (!function_exists('other')) {
        function other() {}
    }
    return array_map(fn ($x) => $x, $items);
}

$anonymous = new class extends Session {
    public function run() {}
};

$handler = function (RequestInterface $request) {
    return $request;
};
?>
<p><?= helper([]) ?></p>
