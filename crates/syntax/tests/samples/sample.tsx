import React, { useState } from "react";
import { Button } from "./button";

interface Props {
  title: string;
}

/** A card. */
export const Card: React.FC<Props> = ({ title }) => {
  const [open, setOpen] = useState<boolean>(false);
  const toggle = () => setOpen(!open);
  return (
    <section onClick={toggle}>
      {/* the title */}
      <Button.Primary label={title} />
      <Icon>{open ? "open" : "closed"}</Icon>
    </section>
  );
};

export const Memo = React.memo(function Inner(props: Props) {
  return <Card {...props} />;
});

export default function App(): JSX.Element {
  return <Card title="x" />;
}
